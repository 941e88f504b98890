"""Patterns for hosts, as in pull secrets and in the operator's lists."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from webhook.registry.failures import RegistryFailure
from webhook.registry.reference import Host, parse_host

_LITERAL = re.compile(r"[^*?\[\]\\]*")
_SIGN = re.compile(r"[^\[\]\\]|\[(?P<not>\^?)(?P<body>[^\[\]\\^]+)\]")


@dataclass(frozen=True, slots=True)
class HostPattern:
    """A host pattern: `*` and `?` match characters of one label, only `*` every host, port 0 any port."""

    labels: str
    port: int = 0

    @property
    def literal(self) -> bool:
        """Return whether the pattern names exactly one host."""
        return not any(sign in self.labels for sign in "*?[")

    def matches(self, host: Host, default_port: int) -> bool:
        """Return whether the pattern matches `host`; `default_port` is its port if it has none."""
        if self.port and self.port != (host.port or default_port):
            return False
        return self.labels == "*" or same_labels(self.labels, host.name)


def parse_pattern(text: str) -> HostPattern:
    """Return the pattern `HOST[:PORT]`; raise ValueError."""
    if text.startswith("["):
        try:
            host = parse_host(text)
        except RegistryFailure as failure:
            raise ValueError(failure.detail) from None
        return HostPattern(host.name, host.port)
    labels, colon, port = text.partition(":")
    if not re.fullmatch(r"[A-Za-z0-9*?.-]+", labels) or not labels.strip("."):
        raise ValueError("a host may hold letters, digits, '.', '-', '*' and '?'")
    if colon and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("a port is a number from 1 to 65535")
    return HostPattern(labels.lower(), int(port or 0))


def any_matches(patterns: Iterable[HostPattern], host: Host, default_port: int) -> bool:
    """Return whether one of the patterns matches `host`."""
    return any(pattern.matches(host, default_port) for pattern in patterns)


def same_labels(pattern: str, name: str) -> bool:
    """Return whether both have the same number of labels and each one matches: the kubelet's rule for pull secrets."""
    patterns, labels = pattern.split("."), name.split(".")
    return len(patterns) == len(labels) and all(map(_label_matches, patterns, labels))


def _label_matches(pattern: str, label: str) -> bool:
    if _LITERAL.fullmatch(pattern):
        return pattern == label
    signs = _signs(pattern)
    return signs is not None and _glob(signs, label)


def _signs(pattern: str) -> tuple[re.Pattern[str] | None, ...] | None:
    """Return an expression for each character, None for `*`; None for a malformed pattern (Go's path.Match)."""
    signs: list[re.Pattern[str] | None] = []
    position = 0
    while position < len(pattern):
        found = _SIGN.match(pattern, position)
        if not found:
            return None
        try:
            signs.append(_expression(found))
        except re.error:
            return None
        position = found.end()
    return tuple(signs)


def _expression(sign: re.Match[str]) -> re.Pattern[str] | None:
    match sign[0]:
        case "*":
            return None
        case "?":
            return re.compile(".", re.DOTALL)
    if sign["body"]:
        body = re.sub(r"[^A-Za-z0-9-]", lambda found: "\\" + found[0], sign["body"])
        return re.compile(f"[{sign['not']}{body}]", re.DOTALL)
    return re.compile(re.escape(sign[0]))


def _glob(signs: tuple[re.Pattern[str] | None, ...], text: str) -> bool:
    """Return whether the text matches, in time len(signs) * len(text), as the pattern is from a tenant."""
    sign, position, star, resume = 0, 0, -1, 0
    while position < len(text):
        expression = signs[sign] if sign < len(signs) else None
        if sign < len(signs) and expression is None:
            star, resume, sign = sign, position, sign + 1
        elif expression is not None and expression.fullmatch(text[position]):
            sign, position = sign + 1, position + 1
        elif star >= 0:
            resume += 1
            sign, position = star + 1, resume
        else:
            return False
    return all(expression is None for expression in signs[sign:])
