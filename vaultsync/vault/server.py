"""Values for a Vault server, and for an identity that logs in to it. Their repr shows no secret."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from vaultenv.basics.text import bounded
from vaultkube.sync_resources.auth import StorageEncryption
from vaultkube.sync_resources.methods import Login

_SHOWN = 500


@dataclass(frozen=True)
class Server:
    """A Vault server: its address, the trusted CA in PEM (empty: the system's), and the headers of every request."""

    address: str
    ca: str = field(default="", repr=False)
    server_name: str = ""
    skip_verify: bool = False
    timeout_s: float = 30.0
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Identity:
    """An identity at one Vault; equal values share one login. `namespace` is that of the custom object."""

    server: Server
    vault_namespace: str
    method: str
    mount: str
    login: Login
    namespace: str
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    storage: StorageEncryption | None = None

    def mark(self, key: bytes) -> str:
        """Return a name for the identity that hides its parameters: a keyed hash, in hexadecimal.

        It does not depend on the CA and the timeout: leases outlive both.
        """
        named = replace(self, server=replace(self.server, ca="", timeout_s=0.0))
        return hmac.new(key, _text(asdict(named)), hashlib.sha256).hexdigest()[:32]

    def digest(self) -> bytes:
        """Return the cache key of the identity, which is short even if its parameters are long."""
        return hashlib.sha256(_text(asdict(self))).digest()

    def vault(self) -> bytes:
        """Return the cache key for answers that all identities share: the server with its headers, and the Vault namespace."""
        return hashlib.sha256(_text([asdict(self.server), self.vault_namespace])).digest()

    def __str__(self) -> str:
        role = getattr(self.login, "role", "")
        account = getattr(self.login, "service_account", "")
        text = (
            f"method {self.method} at auth/{self.mount} of {self.server.address}"
            + (f", role {role!r}" if role else "")
            + (f", ServiceAccount {self.namespace}/{account}" if account else "")
        )
        return bounded(text, _SHOWN)


def _text(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def pairs(texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return a mapping as a value that can be compared."""
    return tuple(sorted(texts.items()))
