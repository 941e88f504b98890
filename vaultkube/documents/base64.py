"""Base64 as the API server reads it from JSON."""

import base64
import binascii


def decoded(text: object) -> bytes | None:
    """Return the bytes, or None if the text is not base64; line breaks are ignored, as in Go."""
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return None


def encoded(value: bytes) -> str:
    """Return the bytes in base64."""
    return binascii.b2a_base64(value, newline=False).decode("ascii")
