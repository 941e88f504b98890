"""Parsers of the operator's values; each raises ValueError or OSError with what it accepts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from webhook.registry.hosts import parse_pattern
from webhook.registry.realm import RealmRule


def listed(parse: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Return a parser of lists separated by commas."""

    def parse_list(text: str) -> tuple[Any, ...]:
        return tuple(parse(word.strip()) for word in text.split(",") if word.strip())

    return parse_list


def realm(text: str) -> RealmRule:
    """Return the rule `REGISTRY=HOST[:PORT]`; raise ValueError."""
    registry, equals, realm = text.partition("=")
    if not equals:
        raise ValueError("a realm is REGISTRY=HOST[:PORT]")
    return RealmRule(parse_pattern(registry.strip()), parse_pattern(realm.strip()))


def file(text: str) -> str:
    """Return the name of a readable file; raise OSError."""
    with Path(text).open("rb"):
        return text


def flag(text: str) -> bool:
    """Return what true, yes and 1, or false, no and 0 say; raise ValueError."""
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in known:
        raise ValueError("it is neither true nor false")
    return known[text.lower()]


def seconds(text: str) -> float:
    """Return seconds of `6`, `6s`, `500ms` or `1m`; raise ValueError."""
    units = {"ms": 0.001, "s": 1.0, "m": 60.0}
    number = text.rstrip("ms")
    value = float(number) * units[text[len(number) :] or "s"] if number.replace(".", "", 1).isdigit() else 0
    if not 0 < value <= 3600:
        raise ValueError("a duration is more than 0 and up to an hour, for example 6s")
    return value


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a parser of whole numbers between two bounds."""

    def parse_whole(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 12 and lowest <= int(text) <= highest):
            raise ValueError(f"it is not between {lowest} and {highest}")
        return int(text)

    return parse_whole
