"""VaultConnection: the address of Vault, and the TLS settings, headers and timeout of connections to it."""

from dataclasses import dataclass

from vaultkube.sync_resources.kinds import DURATION, FLAG, HEADERS, NAME, TEXT, text
from vaultkube.sync_resources.table import item

_ADDRESS = text("https://HOST[:PORT] or http://HOST[:PORT]", r"^https?://[^/?#\s@]+(/[^?#\s]*)?$")


@dataclass(frozen=True)
class ConnectionSpec:
    """VaultConnection."""

    address: str = item("address", _ADDRESS, "the address of Vault", required=True)
    headers: dict[str, str] = item("headers", HEADERS, "headers of every request")
    server_name: str = item("tlsServerName", TEXT, "the name that Vault's certificate must have")
    ca_secret: str = item(
        "caCertSecretRef", NAME, "a Secret in the same namespace whose key `ca.crt` holds Vault's CA (PEM)"
    )
    ca_file: str = item("caCertPath", TEXT, "a PEM file with Vault's CA, in the operator's container")
    skip_verify: bool = item(
        "skipTLSVerify", FLAG, "whether Vault's certificate is not verified", default=False
    )
    timeout_s: float | None = item(
        "timeout", DURATION, "the time that a request may take, at most 60s; default: 30s"
    )
