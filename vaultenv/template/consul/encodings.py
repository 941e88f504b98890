"""consul-template's JSON and digests."""

from __future__ import annotations

from vaultenv.template.consul.numbers import float_of
from vaultenv.template.consul.signatures import strict
from vaultenv.template.errors import TemplateError
from vaultenv.template.json_text import json_size, json_text, json_value
from vaultenv.template.values import raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from vaultenv.template.functions import Function

_BLOCK = 64
"""Bytes in a block of SHA-256 (RFC 2104)."""


def _parse_json(value: str) -> Any:
    if not value:
        return {}
    try:
        return json_value(value, float_of)
    except ValueError:
        raise TemplateError("not JSON") from None


def _digest(name: str, data: bytes) -> bytes:
    from vaultenv.basics import digest

    result: bytes = getattr(digest, name)(data).digest()
    return result


def _hmac_sha256(message: str, key: str) -> str:
    secret = raw(key)
    secret = (_digest("sha256", secret) if len(secret) > _BLOCK else secret).ljust(_BLOCK, b"\0")
    inner = _digest("sha256", bytes(byte ^ 0x36 for byte in secret) + raw(message))
    return _digest("sha256", bytes(byte ^ 0x5C for byte in secret) + inner).hex()


ENCODINGS: dict[str, Function] = strict(
    {
        "hmacSHA256Hex": (_hmac_sha256, "ss"),
        "md5sum": (lambda value: _digest("md5", raw(value)).hex(), "s"),
        "parseJSON": (_parse_json, "s", json_size),
        "sha256Hex": (lambda value: _digest("sha256", raw(value)).hex(), "s"),
        "toJSON": (json_text, "a"),
        "toJSONPretty": (lambda value: json_text(value, indent="  "), "a"),
        "toUnescapedJSON": (lambda value: json_text(value, html=False), "a"),
        "toUnescapedJSONPretty": (lambda value: json_text(value, html=False, indent="  "), "a"),
    }
)
