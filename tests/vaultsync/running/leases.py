"""Dynamic secrets of a real Vault: its rabbitmq engine, on a permissive broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any

from tests.servers.serving import serving
from tests.servers.vault import Vault, VaultRefused
from tests.vaultenv.broker import Broker
from tests.vaultsync.running.operator import Tenant

DYNAMIC = "VaultDynamicSecret"
RULES = """
path "rabbitmq-sync/creds/NAMESPACE" { capabilities = ["read"] }
path "pki-sync/issue/web" { capabilities = ["update"] }
path "sys/leases/revoke" { capabilities = ["update"] }
"""


@contextmanager
def rabbitmq(vault: Vault, mount: str) -> Iterator[None]:
    """A rabbitmq engine at this mount; its leases are revoked at the end."""
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Broker)) as broker:
        connection = {"connection_uri": f"http://127.0.0.1:{broker.server_port}", "verify_connection": False}
        vault.mount(mount, "rabbitmq")
        vault.write(f"{mount}/config/connection", {**connection, "username": "u", "password": "p"})
        try:
            yield
        finally:
            vault.write(f"sys/leases/revoke-prefix/{mount}", {})
            vault.request("DELETE", f"sys/mounts/{mount}")


def leases(tenant: Tenant) -> set[str]:
    """Return the leases of a tenant's role of the rabbitmq engine."""
    try:
        path = f"sys/leases/lookup/rabbitmq-sync/creds/{tenant.namespace}"
        return set(tenant.vault.request("LIST", path)["data"]["keys"])
    except VaultRefused:  # 404: none
        return set()


def add_dynamic(tenant: Tenant, name: str = "credentials", **spec: Any) -> None:
    """Create a VaultDynamicSecret of the tenant's role, without a wait for it."""
    whole: dict[str, Any] = {
        "vaultAuthRef": "vault-auth",
        "mount": "rabbitmq-sync",
        "path": f"creds/{tenant.namespace}",
        "destination": {"name": name, "create": True},
    }
    tenant.custom(DYNAMIC, name, **{**whole, **spec})
