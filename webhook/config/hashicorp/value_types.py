"""Types of the values in HashiCorp's annotations that our annotations do not have."""

import json
import re

from vaultenv.agent_settings import FORCE
from vaultenv.basics.words import split
from vaultenv.variable_types import FALSE, TRUE
from vaultkube.documents.base64 import decoded
from vaultkube.value_types import LINE, WORDS, ValueType, choice

_AUTH = "auth/"
_FEATURES = ("auto-auth", "caching", "proxying", "templating")
_PEM = "-----BEGIN CERTIFICATE-----"
_PERMISSIONS = 0o777
_LONGEST_COMMAND = 8192
_LEVELS = {"trace": "debug", "err": "error"}


def _lax_boolean(text: str) -> bool:
    if text and text not in TRUE and text not in FALSE:
        raise ValueError(text)
    return text in TRUE


def _shell_words(text: str) -> tuple[str, ...]:
    """Return the words; raise ValueError for an empty program, for a flag, and for a list, as an image's ENTRYPOINT is written."""
    if len(text) > _LONGEST_COMMAND or "\0" in text:
        raise ValueError(text)
    words = tuple(split(text.replace("\r\n", "\n"), special=""))
    if words and words[0] != "[" and (not words[0] or words[0][0] in "-["):
        raise ValueError(text)
    return words


def _fraction(text: str) -> float:
    if not re.fullmatch(r"0|1|0?\.[0-9]{1,9}|1\.0{1,9}", text):
        raise ValueError(text)
    return float(text)


def _octal(text: str) -> int | None:
    """Return the mode; None for no mode or 0. As in consul-template, only the permission bits count."""
    if text and not re.fullmatch(r"0*[0-7]{1,4}", text):
        raise ValueError(text)
    return int(text or "0", 8) & _PERMISSIONS or None


def _auth_path(text: str) -> str:
    return str(LINE.parse(text)).strip("/").removeprefix(_AUTH)


def _certificates(text: str) -> str:
    """Return PEM text from PEM text, or from base64 of it."""
    pem = text if _PEM in text else (decoded("".join(text.split())) or b"").decode("ascii", "replace")
    if text and _PEM not in pem:
        raise ValueError(text)
    return pem


def _cache_token(text: str) -> str:
    if text.lower() == FORCE:
        return FORCE
    if text not in (*TRUE, *FALSE):
        raise ValueError(text)
    return str(text in TRUE).lower()


def _features(text: str) -> tuple[str, ...]:
    words = tuple(WORDS.parse(text))
    if not set(words) <= set(_FEATURES):
        raise ValueError(text)
    return words


def _json_patch(text: str) -> str:
    try:
        document = json.loads(text or "[]")
        json.dumps(document, allow_nan=False)
    except RecursionError:
        raise ValueError(text) from None
    if not isinstance(document, list) or not all(
        isinstance(step, dict) and "op" in step for step in document
    ):
        raise ValueError(text)
    return text


LAX_BOOLEAN = ValueType(
    "true or false (also 1, t, T, TRUE, True, 0, f, F, FALSE, False; nothing is false)", _lax_boolean
)
SHELL_WORDS = ValueType("a program and its arguments, as a POSIX shell splits words", _shell_words)
OCTAL = ValueType("an octal mode such as 0640", _octal)
AUTH_PATH = ValueType("the path of an auth method such as auth/kubernetes", _auth_path)
JSON_PATCH = ValueType("a JSON Patch (RFC 6902), or nothing", _json_patch)
DEFAULT_TEMPLATE = ValueType("map or json", choice("map", "json"))
CACHE_TOKEN = ValueType(
    "true, false or force (also 1, t, T, TRUE, True, 0, f, F, FALSE, False)", _cache_token
)
LOG_FORMAT = ValueType("standard or json", choice("standard", "json"))
LOG_LEVEL = ValueType(
    "one of trace, debug, info, warn, warning, error, err",
    lambda text: _LEVELS.get(text.lower(), "") or choice("debug", "info", "warn", "warning", "error")(text),
)
FRACTION = ValueType("a number from 0 to 1", _fraction)
FEATURES = ValueType(f"a list, with commas, of {', '.join(_FEATURES)}", _features)
CERTIFICATES = ValueType("certificates in PEM, or that in base64, or nothing", _certificates)
