"""Base64 as the API server reads it from JSON."""

import base64
import binascii


def decoded(text: object) -> bytes | None:
    """Return the bytes, or None if the text is not base64; line breaks are ignored, as in Go."""
    if not isinstance(text, str):
        return None
    plain = text.replace("\n", "").replace("\r", "")
    if len(plain) % 4:  # Python ignores padding after a whole group
        return None
    try:
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        return None


def encoded(value: bytes) -> str:
    """Return the bytes in base64."""
    return binascii.b2a_base64(value, newline=False).decode("ascii")
