"""Decryption of ciphertexts such as `vault:v1:…` by transit.

https://developer.hashicorp.com/vault/api-docs/secret/transit#decrypt-data
"""

from webhook.config.annotations import Config

DEFAULT_MOUNT = "transit"
NO_KEY = "found encrypted variable, but transit key ID is empty: add the annotation transit-key-id"


def decrypt_path(mount: str, key: str) -> str:
    """Return the path in Vault that decrypts ciphertexts."""
    return f"{mount or DEFAULT_MOUNT}/decrypt/{key}"


def is_operators(config: Config) -> bool:
    """Return whether key and mount are the operator's settings, not those of an annotation."""
    return bool(config.transit_key) and not {"transit_key", "transit_path"} & config.annotated.keys()
