"""Types of the values of settings and annotations, each with its accepted text and its parser."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from vaultenv.basics.duration import seconds
from vaultenv.basics.text import whole_number
from vaultenv.variable_types import AUTH_METHODS, FALSE, LARGEST_NUMBER, TRUE
from vaultkube.documents.quantity import parse_quantity


@dataclass(frozen=True)
class ValueType:
    """A parser, which raises ValueError for a wrong text; `accepted` is a phrase for messages and documentation."""

    accepted: str
    parse: Callable[[str], Any]


_DAY_S = 86400.0
_LONGEST_S = float(1 << 63) / 1e9
"""The longest duration that Go can hold, 292 years."""
_SHORTEST_REFRESH_S = 5
_PULL_POLICIES = {policy.lower(): policy for policy in ("Always", "IfNotPresent", "Never")}
_CONTAINER = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
# A segment of a path: text around `{namespace}`, or `*`; neither empty nor only dots.
_PATTERN_SEGMENT = re.compile(r"(?!\.+$)([^/{}*%]|\{namespace\})+|\*")


def _boolean(text: str) -> bool:
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ValueError(text)


def _duration_s(text: str) -> float:
    duration_s = seconds(text)
    if duration_s >= _LONGEST_S:
        raise ValueError(text)
    return duration_s


def _refresh_s(text: str) -> int:
    duration_s = math.ceil(_duration_s(text))
    if 0 < duration_s < _SHORTEST_REFRESH_S:
        raise ValueError(text)
    return duration_s


def number(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `least` to `most`."""

    def parse(text: str) -> int:
        found = whole_number(text, most)
        if found is None or found < least:
            raise ValueError(text)
        return found

    return parse


def _line(text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f-\x9f]", text):
        raise ValueError(text)
    return text


def _address(text: str) -> str:
    parts = urlsplit(text)
    _ = parts.port
    plain = text.isprintable() and text.isascii() and not set(text) & set(" ?#@\\")
    if not (plain and parts.scheme in ("http", "https") and parts.hostname):
        raise ValueError(text)
    return text.rstrip("/")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in text.split(",")) if word)


def choice(*words: str) -> Callable[[str], str]:
    """Return a parser that accepts one of the words, in any case, and returns it in lower case."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(text)
        return text.lower()

    return parse


def _image(text: str) -> str:
    if not re.fullmatch(r"[!-~]*", text):
        raise ValueError(text)
    return text


def _pull_policy(text: str) -> str:
    if text.lower() not in _PULL_POLICIES:
        raise ValueError(text)
    return _PULL_POLICIES[text.lower()]


def _quantity(text: str) -> str:
    if parse_quantity(text) < 0:
        raise ValueError(text)
    return text


def _volume_file(text: str) -> tuple[str, str]:
    volume, _, path = text.partition(":")
    file = path.lstrip("/")
    if not (volume and file) or ".." in file.split("/"):
        raise ValueError(text)
    return volume, file


def _containers(text: str) -> tuple[str, ...]:
    names = _words(text)
    if not all(_CONTAINER.fullmatch(name) for name in names):
        raise ValueError(text)
    return names


def _path_patterns(text: str) -> tuple[str, ...]:
    patterns = tuple(word.strip("/") for word in _words(text))
    if not all(_PATTERN_SEGMENT.fullmatch(part) for pattern in patterns for part in pattern.split("/")):
        raise ValueError(text)
    return patterns


def _host_port(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if parts.port is None or parts.path:
        raise ValueError(text)
    return parts.hostname or "", parts.port


def _listening(text: str) -> tuple[str, int] | None:
    host, colon, port = text.rpartition(":")
    if text and not (colon and re.fullmatch("[0-9]{1,5}", port) and int(port) < 1 << 16):
        raise ValueError(text)
    return (host.removeprefix("[").removesuffix("]") or "::", int(port)) if text else None


def _entry_points(text: str) -> dict[str, tuple[str, ...]]:
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError(text) from None
    if not isinstance(document, dict) or not all(
        isinstance(words, list) and words and all(isinstance(word, str) for word in words)
        for words in document.values()
    ):
        raise ValueError(text)
    return {container: tuple(words) for container, words in document.items()}


def _listen_address(text: str) -> str:
    if not _listening(text):
        raise ValueError(text)
    return text


def _lasting(least_s: int) -> Callable[[str], float]:
    def parse(text: str) -> float:
        found_s = _duration_s(text)
        if found_s < least_s:
            raise ValueError(text)
        return found_s

    return parse


def optional(of: ValueType) -> ValueType:
    """Return the same type with empty text parsed as None."""
    return ValueType(of.accepted + ", or nothing", lambda text: of.parse(text) if text else None)


TEXT = ValueType("any text", lambda text: text)
LINE = ValueType("text without line breaks and other control characters", _line)
BOOLEAN = ValueType("true or false (also 1, t, T, TRUE, True, 0, f, F, FALSE, False)", _boolean)
DURATION = ValueType("a duration such as 30s, 1m30s, or a number of seconds such as 30", _duration_s)
REFRESH = ValueType(f"0, or a duration from {_SHORTEST_REFRESH_S}s on, such as 5m", _refresh_s)
BUDGET = ValueType("a duration such as 30s, not below 1s", _lasting(1))
LIFETIME = ValueType("a duration such as 2160h, not below 60s", _lasting(60))
POSITIVE = ValueType("a whole number, 1 or more", number(1, 9_999_999_999))
COUNT = ValueType("a whole number, 0 or more", number(0, 9_999_999_999))
BATCH_SIZE = ValueType(f"a whole number from 1 to {LARGEST_NUMBER}", number(1, LARGEST_NUMBER))
WORDS = ValueType("a list with commas between its words", _words)
ADDRESS = ValueType("https://HOST[:PORT] or http://HOST[:PORT]", _address)
ADDRESSES = ValueType(
    f"a list, with commas, of {ADDRESS.accepted}", lambda text: tuple(map(_address, _words(text)))
)
LOG_LEVEL = ValueType(
    "one of debug, info, warn, warning, error", choice("debug", "info", "warn", "warning", "error")
)
AUTH_METHOD = ValueType(f"one of {', '.join(AUTH_METHODS)}, or nothing", choice(*AUTH_METHODS, ""))
TOKEN_METHODS = frozenset(["jwt", "kubernetes", ""])
"""The auth methods that take a ServiceAccount token."""
IMAGE = ValueType("the name of an image, or nothing for the operator's", _image)
PULL_POLICY = ValueType("one of Always, IfNotPresent, Never", _pull_policy)
QUANTITY = ValueType("a Kubernetes quantity such as 100m or 64Mi", _quantity)
VOLUME_FILE = ValueType("VOLUME:FILE, a volume of the pod and a file in it", _volume_file)
CONTAINERS = ValueType("names of containers with commas between them", _containers)
PATH_PATTERNS = ValueType(
    "paths with commas between them, with {namespace} for the object's namespace and * for any one segment",
    _path_patterns,
)
POLICY_MODE = ValueType("enforce or warn", choice("enforce", "warn"))
IDENTITY_CHECK = ValueType("one of off, pods, token", choice("off", "pods", "token"))
CERTIFICATE_SOURCE = ValueType(
    "one of files, self-managed, cert-manager", choice("files", "self-managed", "cert-manager")
)
HOST_PORT = ValueType("HOST:PORT or :PORT", _host_port)
LISTEN_ADDRESS = ValueType("HOST:PORT, or :PORT for every address", _listen_address)
LISTENING = ValueType("HOST:PORT, or :PORT for every address, or nothing", _listening)
PROVIDER = ValueType("vault or bao, the providers that this webhook reads from", choice("vault", "bao"))
ENTRY_POINTS = ValueType('a JSON object such as {"container": ["program", "argument"]}', _entry_points)


def duration_text(duration_s: float) -> str:
    """Return the duration as a text that Go and the launcher read, e.g. `10s` or `0.5s`; in microseconds below a day."""
    digits = 6 if duration_s < _DAY_S else 0
    text = f"{duration_s:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if digits else text) + "s"
