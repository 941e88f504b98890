"""Text of an object, from the bytes that Vault holds."""

from vaultkube.errors import NotResolved


def as_text(key: str, value: bytes, instead: str) -> str:
    """Return the text; raise NotResolved, with the advice `instead`, if the bytes are not UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise NotResolved(f"key {key}: the value in Vault is not UTF-8; {instead}") from None
