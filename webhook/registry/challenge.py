"""`WWW-Authenticate`: the authentication that a registry demands (RFC 9110, 11.6.1)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SEPARATORS = re.compile(r"[ \t,]*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_TOKEN68 = re.compile(r"[ \t]+[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One scheme with its parameters; scheme and names in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(lines: Iterable[str]) -> tuple[Challenge, ...]:
    """Return every challenge of all header lines in order; a malformed one ends its line."""
    return tuple(challenge for line in lines for challenge in _parse_line(line))


def _parse_line(line: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str]]] = []
    position = _end(_SEPARATORS, line, 0)
    while word := _TOKEN.match(line, position):
        position = word.end()
        equals = _EQUALS.match(line, position)
        if not equals:
            found.append((word[0].lower(), {}))
            position = _end(_TOKEN68, line, position)
        elif (value := _value(line, equals.end())) and found:
            found[-1][1].setdefault(word[0].lower(), value[0])
            position = value[1]
        else:
            break
        position = _end(_SEPARATORS, line, position)
    return [Challenge(scheme, parameters) for scheme, parameters in found]


def _end(pattern: re.Pattern[str], line: str, position: int) -> int:
    found = pattern.match(line, position)
    return found.end() if found else position


def _value(line: str, position: int) -> tuple[str, int] | None:
    if quoted := _QUOTED.match(line, position):
        return re.sub(r"\\(.)", r"\1", quoted[1]), quoted.end()
    if word := _TOKEN.match(line, position):
        return word[0], word.end()
    return None
