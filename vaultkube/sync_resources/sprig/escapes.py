"""Percent encodings of the parts of a URL, as Go's net/url has them (https://pkg.go.dev/net/url)."""

import re
from enum import Enum

from vaultenv.template.errors import TemplateError
from vaultenv.template.values import of_raw, raw

_ALWAYS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})?")
_BLANK_OR_PERCENT = b" %"


class Part(Enum):
    """A part of a URL that has its own escapes."""

    PATH = "path"
    HOST = "host"
    ZONE = "zone of a host"
    USER = "userinfo"
    FRAGMENT = "fragment"


_PLAIN = {
    Part.PATH: frozenset(_ALWAYS + b"$&+,/:;=@"),
    Part.HOST: frozenset(_ALWAYS + b"!\"$&'()*+,:;<=>[]"),
    Part.USER: frozenset(_ALWAYS + b"$&+,;="),
    Part.FRAGMENT: frozenset(_ALWAYS + b"!$&()*+,/:;=?@"),
}
"""The bytes that need no escape."""


def escaped(text: str, part: Part) -> str:
    """Return the text with escapes for all bytes that need one in this part."""
    return "".join([chr(byte) if byte in _PLAIN[part] else f"%{byte:02X}" for byte in raw(text)])


def unescaped(text: str, part: Part) -> str:
    """Return the text without escapes; raise TemplateError for one that is wrong, or not allowed in this part."""
    data = raw(text)
    if part in (Part.HOST, Part.ZONE):
        _check_host(_ESCAPE.sub(b"", data))

    def byte(match: re.Match[bytes]) -> bytes:
        if not match[1]:
            raise TemplateError("invalid URL escape")
        return _allowed(int(match[1], 16), part)

    return of_raw(_ESCAPE.sub(byte, data))


def _check_host(data: bytes) -> None:
    if any(byte < 0x80 and byte not in _PLAIN[Part.HOST] for byte in data):
        raise TemplateError("invalid character in host name")


def _allowed(byte: int, part: Part) -> bytes:
    """Return the byte that is escaped: in a host a percent sign or no ASCII, in a zone also blanks and what needs no escape."""
    in_host = byte >= 0x80 or byte == 0x25
    in_zone = byte in _BLANK_OR_PERCENT or byte in _PLAIN[Part.HOST]
    if (part is Part.HOST and not in_host) or (part is Part.ZONE and not in_zone):
        raise TemplateError("invalid URL escape")
    return bytes((byte,))
