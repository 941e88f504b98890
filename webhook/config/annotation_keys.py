"""Keys of annotations: our two prefixes, the successor's new names and aliases for OpenBao, and HashiCorp's prefix."""

from vaultkube.problem import FieldPath

PREFIX = "vault.security.banzaicloud.io/"
SUCCESSOR_PREFIX = "secrets-webhook.security.bank-vaults.io/"
PREFIXES = (PREFIX, SUCCESSOR_PREFIX)
HASHICORP_PREFIX = "vault.hashicorp.com/"
ALL_PREFIXES = (*PREFIXES, HASHICORP_PREFIX)

IMAGE_DIGESTS = PREFIX + "image-digests"
"""The digest of each image whose entry point was read, by container; the webhook writes this annotation."""

_VAULT, _BAO = "vault-", "bao-"


def annotation_path(key: str) -> FieldPath:
    """Return the path of an annotation in its object."""
    return ("metadata", "annotations", key)


def spellings(key: str, successor: str = "") -> tuple[str, ...]:
    """Return the full keys for `key`, by precedence; `successor` is its name behind the successor's prefix."""
    renamed = successor or key
    mirror = (SUCCESSOR_PREFIX + _BAO + renamed.removeprefix(_VAULT),) if renamed.startswith(_VAULT) else ()
    keys = (SUCCESSOR_PREFIX + renamed, *mirror, SUCCESSOR_PREFIX + key, PREFIX + key)
    return tuple(dict.fromkeys(keys))
