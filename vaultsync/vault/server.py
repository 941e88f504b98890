"""Values that say which Vault is meant, and as whom it is spoken to. Their repr shows no secret."""

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
    """A Vault: its address, the certificates in PEM to trust (none: the system's), and what goes with every request."""

    address: str
    ca: str = field(default="", repr=False)
    server_name: str = ""
    skip_verify: bool = False
    timeout_s: float = 30.0
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Identity:
    """An identity at one Vault: one login belongs to each such value. `namespace` is that of the custom object."""

    server: Server
    vault_namespace: str
    method: str
    mount: str
    login: Login
    namespace: str
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    storage: StorageEncryption | None = None

    def mark(self, key: bytes) -> str:
        """Return a name for it that tells nobody its parameters: a keyed hash, in hexadecimal.

        It is the same with another CA, as CAs are renewed, and with another timeout: leases outlive both.
        """
        named = replace(self, server=replace(self.server, ca="", timeout_s=0.0))
        return hmac.new(key, _text(asdict(named)), hashlib.sha256).hexdigest()[:32]

    def digest(self) -> bytes:
        """Return the key for what this process remembers of it, short however long its parameters are."""
        return hashlib.sha256(_text(asdict(self))).digest()

    def vault(self) -> bytes:
        """Return the key for what Vault answers every identity: the server with all that requests say to it, and the namespace."""
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
