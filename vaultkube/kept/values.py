"""Values of kept references: the object, the login, and each reference by the name of its value in the object."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from vaultkube.problem import FieldPath

ANNOTATION = "vault.security.banzaicloud.io/kept-references"
"""The annotation, which the webhook and the operator write."""
LABEL = "security.banzaicloud.io/kept"
LABEL_VALUE = "true"
"""The value of the label, by which the operator lists only such objects."""
PATH: FieldPath = ("metadata", "annotations", ANNOTATION)
KEY_SECRET, KEY_ENTRY = "vault-webhook-kept", "key"
"""The Secret of the webhook's namespace with the key of the seals; the operator creates it."""


class Place(NamedTuple):
    """An object: `resource` is its plural name with its group, `secrets` or `databases.example.com`."""

    resource: str
    namespace: str
    name: str


@dataclass(frozen=True)
class KeptLogin:
    """The login of an object at its admission, from its annotations; the ServiceAccount is in the object's namespace.

    `tls_secret` names a Secret of the webhook's namespace with Vault's CA; "" is the operator's own.
    """

    address: str
    auth_path: str
    role: str
    service_account: str
    vault_namespace: str = ""
    audience: str = ""
    tls_secret: str = ""
    skip_verify: bool = False


class KeptValue(NamedTuple):
    """The text of a value as its author wrote it, with references, and the mark of its last resolved content."""

    text: str
    mark: str


@dataclass(frozen=True)
class KeptReferences:
    """Kept references of one object: its login, the seconds after which Vault is read again, and its values by name."""

    login: KeptLogin
    after_s: int
    values: Mapping[str, KeptValue]
