"""A Vault client made from the settings."""

from __future__ import annotations

from vaultenv.client.address import parse_address
from vaultenv.client.tls import Tls, Trust, client_context
from vaultenv.client.wire import Wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.basics.deadline import Deadline
    from vaultenv.basics.log import Log
    from vaultenv.client.api import Vault
    from vaultenv.settings import Settings


def open_vault(
    settings: Settings, deadline: Deadline, log: Log, is_patient: bool = True, at_once: bool = False
) -> Vault:
    """Return a client for the configured Vault, which connects with its first request. Raises InvalidSetting.

    A client that is not patient sends each request once. `at_once` means that a request follows: the client's code is
    loaded while Vault works on the TLS handshake.
    """
    wire = open_wire(settings, deadline)
    if at_once:
        wire.begin()
    from vaultenv.client.api import Vault
    from vaultenv.client.persistence import Persistence

    return Vault(settings, wire, Persistence(deadline, log, is_patient))


def open_wire(settings: Settings, deadline: Deadline) -> Wire:
    """Return the wire to the configured Vault, without headers of its own. Raises InvalidSetting."""
    agents = "VAULT_AGENT_ADDR"
    address = parse_address(settings.address, agents if settings.foreign(agents) else "VAULT_ADDR")
    trust = Trust(
        settings.ca_bytes,
        settings.ca_file,
        settings.ca_directory,
        settings.system_ca_file,
        settings.system_ca_directories,
    )
    tls = None
    if address.scheme == "https":
        context = client_context(
            trust, settings.client_certificate, settings.client_key, settings.skip_verify
        )
        tls = Tls(context, settings.server_name, trust.variable())
    proxy = None
    if any(settings.proxies.values()):
        from vaultenv.client.proxy import proxy_for

        proxy = proxy_for(address, settings.proxies)
    return Wire(address, tls, settings.client_timeout_s, deadline, proxy)
