"""The forms that a setting's or an annotation's text can have, and how each is read."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vaultenv.basics.duration import seconds
from vaultenv.basics.text import whole_number
from vaultenv.variables import LARGEST_NUMBER
from vaultkube.documents.quantity import parse_quantity


@dataclass(frozen=True)
class Form:
    """How text becomes a value: `parse` raises ValueError for text outside `accepted`, which is a phrase for people."""

    accepted: str
    parse: Callable[[str], Any]


_TRUE = frozenset(["1", "t", "T", "TRUE", "true", "True"])
_FALSE = frozenset(["0", "f", "F", "FALSE", "false", "False"])
_DAY_S = 86400.0
AUTH_METHODS = (
    "jwt",
    "kubernetes",
    "approle",
    "cert",
    "userpass",
    "ldap",
    "aws-ec2",
    "aws-iam",
    "gcp-gce",
    "gcp-iam",
    "azure",
)
"""The launcher's, `vaultenv.client.logins`."""
_LONGEST_S = float(1 << 63) / 1e9
"""The longest duration that Go can hold, 292 years."""
_PULL_POLICIES = {policy.lower(): policy for policy in ("Always", "IfNotPresent", "Never")}
_CONTAINER = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
# A segment of a path: text around `{namespace}`, or `*`; neither empty nor only dots.
_PATTERN_SEGMENT = re.compile(r"(?!\.+$)([^/{}*%]|\{namespace\})+|\*")


def _boolean(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(text)


def _duration_s(text: str) -> float:
    duration_s = seconds(text)
    if duration_s >= _LONGEST_S:
        raise ValueError(text)
    return duration_s


def is_false(text: str) -> bool:
    """Whether the text is one of the words for false."""
    return text in _FALSE


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = whole_number(text, most)
        if number is None or number < least:
            raise ValueError(text)
        return number

    return parse


def _line(text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f-\x9f]", text):
        raise ValueError(text)
    return text


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in text.split(",")) if word)


def _choice(*words: str) -> Callable[[str], str]:
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


def optional(form: Form) -> Form:
    """The same form, with empty text read as None."""
    return Form(form.accepted + ", or nothing", lambda text: form.parse(text) if text else None)


TEXT = Form("any text", lambda text: text)
LINE = Form("text without line breaks and other control characters", _line)
BOOLEAN = Form("true or false (also 1, t, T, TRUE, True, 0, f, F, FALSE, False)", _boolean)
DURATION = Form("a duration such as 30s, 1m30s, or a number of seconds such as 30", _duration_s)
COUNT = Form("a whole number, 0 or more", _number(0, 9_999_999_999))
BATCH_SIZE = Form(f"a whole number from 1 to {LARGEST_NUMBER}", _number(1, LARGEST_NUMBER))
WORDS = Form("a list with commas between its words", _words)
LOG_LEVEL = Form(
    "one of debug, info, warn, warning, error", _choice("debug", "info", "warn", "warning", "error")
)
AUTH_METHOD = Form(f"one of {', '.join(AUTH_METHODS)}, or nothing", _choice(*AUTH_METHODS, ""))
IMAGE = Form("the name of an image, or nothing for the operator's", _image)
PULL_POLICY = Form("one of Always, IfNotPresent, Never", _pull_policy)
QUANTITY = Form("a Kubernetes quantity such as 100m or 64Mi", _quantity)
VOLUME_FILE = Form("VOLUME:FILE, a volume of the pod and a file in it", _volume_file)
CONTAINERS = Form("names of containers with commas between them", _containers)
PATH_PATTERNS = Form(
    "paths with commas between them, with {namespace} for the object's namespace and * for any one segment",
    _path_patterns,
)
POLICY_MODE = Form("enforce or warn", _choice("enforce", "warn"))
PROVIDER = Form("vault or bao, the providers that this webhook reads from", _choice("vault", "bao"))
ENTRY_POINTS = Form('a JSON object such as {"container": ["program", "argument"]}', _entry_points)


def duration_text(duration_s: float) -> str:
    """The same duration as Go and the launcher read it, e.g. `10s` or `0.5s`; to the microsecond below a day."""
    digits = 6 if duration_s < _DAY_S else 0
    text = f"{duration_s:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if digits else text) + "s"
