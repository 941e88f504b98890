"""Sprig's encodings and hash sums."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function, table
from vaultenv.template.json_text import json_size, json_text, json_value
from vaultenv.template.texts import base64_decoded, base64_encoded
from vaultenv.template.values import of_raw, raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _sum(name: str, value: str) -> str:
    from vaultenv.basics import digest

    return str(getattr(digest, name)(raw(value)).hexdigest())


def _adler32(value: str) -> str:
    low, high = 1, 0
    for byte in raw(value):
        low = (low + byte) % 65521
        high = (high + low) % 65521
    return str(high << 16 | low)


def _from_json(value: str) -> Any:
    """Return the value of a JSON text, nil for any other text and for numbers out of range, as in Sprig."""
    try:
        return json_value(value, _float_of)
    except ValueError:
        return None


def _float_of(number: str) -> float | None:
    value = float(number)
    return None if value in (float("inf"), float("-inf")) else value


_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_OF_PYTHON = str.maketrans(_BASE32, "0123456789ABCDEFGHIJKLMNOPQRSTUV")
"""Python's own digits of base 32; the time of `int` is that of the text's length, as 32 is a power of two."""
_SHIFTS = (35, 30, 25, 20, 15, 10, 5, 0)
_PIECE = 4000
"""Bytes or digits that are converted at once; a multiple of 5 bytes and of 8 digits, which correspond to each other."""


def _b32enc(value: str) -> str:
    data = raw(value)
    digits = "".join([_base32(data[start : start + _PIECE]) for start in range(0, len(data), _PIECE)])
    return digits + "=" * (-len(digits) % 8)


def _base32(data: bytes) -> str:
    digits = []
    for start in range(0, len(data), 5):
        group = int.from_bytes(data[start : start + 5].ljust(5, b"\0"), "big")
        digits += [_BASE32[group >> shift & 31] for shift in _SHIFTS]
    return "".join(digits[: -(-len(data) * 8 // 5)])


def _b32dec(value: str) -> str:
    padded = value.replace("\n", "").replace("\r", "")
    digits = padded.rstrip("=")
    if digits.strip(_BASE32) or len(padded) != -(-len(digits) // 8) * 8 or len(digits) % 8 in (1, 3, 6):
        raise TemplateError("illegal base32 data")
    pieces = [_of_base32(digits[start : start + _PIECE]) for start in range(0, len(digits), _PIECE)]
    return of_raw(b"".join(pieces))


def _of_base32(digits: str) -> bytes:
    bits = 5 * len(digits)
    number = int("0" + digits.translate(_OF_PYTHON), 32)
    return (number >> bits % 8).to_bytes(bits // 8, "big")


ENCODINGS: dict[str, Function] = table(
    {
        "b64enc": (base64_encoded, "s"),
        "b64dec": (base64_decoded, "s"),
        "b32enc": (_b32enc, "t", lambda value: len(value) * 8 // 5),
        "b32dec": (_b32dec, "s"),
        "sha1sum": (lambda value: _sum("sha1", value), "s"),
        "sha256sum": (lambda value: _sum("sha256", value), "s"),
        "sha512sum": (lambda value: _sum("sha512", value), "s"),
        "adler32sum": (_adler32, "t"),
        "toJson": (json_text, "a"),
        "toPrettyJson": (lambda value: json_text(value, indent="  "), "a"),
        "toRawJson": (lambda value: json_text(value, html=False), "a"),
        "fromJson": (_from_json, "s", json_size),
    }
)
