"""Functions on text for both function tables, from Go's package strings (https://pkg.go.dev/strings)."""

from __future__ import annotations

from binascii import Error as BadBase64
from binascii import a2b_base64, b2a_base64

from vaultenv.template.errors import TemplateError
from vaultenv.template.values import ITEM, of_raw, piecewise, raw, readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_DOTTED_I = "\u0130"
"""The only capital letter that Python converts to two characters in lower case."""


def per_char(value: str, change: Any) -> str:
    """Change each character with a single counterpart, by the rules of Go's unicode tables."""
    if value.isascii():
        return str(change(value))
    changed = (change(char) for char in value)
    return "".join(new if len(new) == 1 else old for old, new in zip(value, changed, strict=True))


def upper_char(char: str) -> str:
    """Return unicode.ToUpper: the single counterpart of a character, which some have only in title case."""
    return next((each for each in (char.upper(), char.title()) if len(each) == 1), char)


def upper(value: str) -> str:
    """Return strings.ToUpper."""
    return (
        value.upper()
        if value.isascii()
        else piecewise(value, lambda piece: per_char(readable(piece), upper_char))
    )


def lower(value: str) -> str:
    """Return strings.ToLower."""
    return piecewise(value, lambda piece: per_char(readable(piece).replace(_DOTTED_I, "i"), str.lower))


def trim(cut: str, value: str) -> str:
    """Return strings.Trim. A set of the characters is faster than `str.strip`, which compares with each one of `cut`."""
    chars = frozenset(cut)
    start, end = 0, len(value)
    while start < end and value[start] in chars:
        start += 1
    while start < end and value[end - 1] in chars:
        end -= 1
    return value[start:end]


def split(separator: str, value: str, most: int = -1) -> list[str]:
    """Return strings.SplitN with one more than `most` parts; without a separator, the characters."""
    if separator:
        return value.split(separator, most)
    return list(value) if most < 0 or most >= len(value) else [*value[:most], value[most:]]


def split_size(separator: str, value: str, most: int = -1) -> int:
    """Return the weight of the result of `split`."""
    parts = value.count(separator) + 1 if separator else len(value)
    return len(value) + ITEM * (parts if most < 0 else min(parts, most))


def replaced_size(old: str, new: str, value: str) -> int:
    """Return an upper limit of the length of the text with all `old` replaced."""
    return len(value) + (value.count(old) if old else len(value) + 1) * len(new)


def base64_encoded(value: str) -> str:
    """Return the text in the encoding of base64.StdEncoding."""
    return b2a_base64(raw(value), newline=False).decode()


def base64_decoded(value: str) -> str:
    """Return the text that base64.StdEncoding decodes, ends of lines ignored; raise TemplateError."""
    digits = raw(value).replace(b"\r", b"").replace(b"\n", b"")
    try:
        if len(digits) % 4 or digits.endswith(b"==="):
            raise BadBase64
        return of_raw(a2b_base64(digits, strict_mode=True) if digits else b"")
    except BadBase64:
        raise TemplateError("illegal base64 data") from None
