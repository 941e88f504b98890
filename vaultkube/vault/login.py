"""The address of Vault, the login and the values to resolve, as plain data without annotations or clients."""

from collections.abc import Mapping
from dataclasses import dataclass

from vaultenv.references.parts import Value
from vaultenv.references.values import Transit


@dataclass(frozen=True)
class FieldNames:
    """The sources of a VaultLogin's fields, for messages to its author: `annotation vault-role`."""

    address: str
    mount: str
    role: str
    service_account: str
    identity: str
    """Role, mount and ServiceAccount together."""
    ca: str
    ca_remedy: str
    """Advice for a server certificate that is not trusted."""


@dataclass(frozen=True)
class VaultLogin:
    """A login at an auth method for Kubernetes with a token of a ServiceAccount.

    `mount` is the auth method's, `namespace` and `service_account` are those of Kubernetes, `vault_namespace` is that of
    Vault Enterprise or OpenBao. `ca` holds PEM certificates to trust; empty: those of the operator.
    https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login
    """

    address: str
    mount: str
    role: str
    namespace: str
    service_account: str
    names: FieldNames
    vault_namespace: str = ""
    audience: str = ""
    ca: bytes = b""
    skip_verify: bool = False

    @property
    def account(self) -> str:
        """The ServiceAccount with its namespace, as messages name it."""
        return f"{self.namespace}/{self.service_account}"


@dataclass(frozen=True)
class Resolution:
    """Values with references to resolve, and the login for that.

    With `ignore_missing`, values whose path is missing in Vault are left out; after a `dry_run` the token is revoked, with
    its leases.
    """

    values: Mapping[str, Value]
    login: VaultLogin
    transit: Transit
    ignore_missing: bool = False
    dry_run: bool = False
