"""Sprig's durations: the text of seconds, and the largest unit of a duration (https://pkg.go.dev/time#Duration)."""

import re
from typing import TYPE_CHECKING

from vaultenv.basics.jsontext import Number
from vaultenv.template.functions import Function
from vaultenv.template.sprig.numbers import parse_int, wrapped
from vaultenv.template.types import Int64
from vaultkube.sync_resources.sprig.working import UNITS_PER_CHARACTER, Working

if TYPE_CHECKING:
    from vaultenv.template.work import Work

_HALF = 1 << 63
_SECOND = 10**9
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": _SECOND, "m": 60 * _SECOND}
_UNITS["h"] = 60 * _UNITS["m"]
_DAY = 24 * _UNITS["h"]
_LARGE = (
    (365 * _DAY, "y"),
    (30 * _DAY, "mo"),
    (_DAY, "d"),
    *((_UNITS[unit], unit) for unit in ("h", "m", "s")),
)
_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^.0-9]+)")
_LONGEST = 19
_LONGEST_FRACTION = 400
"""Digits of a fraction of which some can count: more zeros than that are out of the range of floats."""


def _duration(value: object) -> str:
    if isinstance(value, str) and not isinstance(value, Number):
        seconds = parse_int(value)
    else:
        seconds = value if isinstance(value, Int64) else 0
    return _text(wrapped(seconds * _SECOND))


def _text(duration: int) -> str:
    """Return a duration of nanoseconds as `1h2m3.5s`."""
    sign, size = "-" if duration < 0 else "", abs(duration)
    if not size:
        return "0s"
    if size < _SECOND:
        unit, places = next(each for each in (("ms", 6), ("µs", 3), ("ns", 0)) if size >= 10 ** each[1])
        return sign + _fraction(size, places) + unit
    minutes, rest = divmod(size, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    large = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{large}{_fraction(rest, 9)}s"


def _fraction(number: int, places: int) -> str:
    whole, rest = divmod(number, 10**places)
    return f"{whole}.{rest:0{places}d}".rstrip("0") if rest else str(whole)


def _rounded(work: "Work", value: object) -> str:
    """Return the whole number of the largest unit that is less than the duration; without its sign, as Sprig does."""
    if isinstance(value, str) and not isinstance(value, Number):
        work.charge(UNITS_PER_CHARACTER * len(value))
        size = _parsed(value)
    else:
        size = abs(value) if isinstance(value, Int64) else 0
    return next((f"{size // unit}{name}" for unit, name in _LARGE if size > unit), "0s")


def _parsed(value: str) -> int:
    """Return the size of a duration such as `1h30m`, 0 for any other text (time.ParseDuration)."""
    is_negative, plain = value.startswith("-"), value[1:] if value[:1] in ("+", "-") else value
    total = at = 0
    while at < len(plain):
        part = _PART.match(plain, at)
        size = _nanoseconds(*part.groups("")) if part else None
        if part is None or size is None or total + size > _HALF:
            return 0
        total += size
        at = part.end()
    return total if is_negative or total < _HALF else 0


def _nanoseconds(whole: str, fraction: str, unit: str) -> int | None:
    digits = whole.lstrip("0")
    if not whole + fraction or unit not in _UNITS or len(digits) > _LONGEST:
        return None
    size = int(digits or "0") * _UNITS[unit] + _part_of(fraction, _UNITS[unit])
    return size if size <= _HALF else None


def _part_of(fraction: str, unit: int) -> int:
    """Return the nanoseconds of a fraction; digits that make it longer than 63 bits do not count."""
    number, scale = 0, 1.0
    for digit in fraction[:_LONGEST_FRACTION]:
        if number * 10 + int(digit) > _HALF or number > (_HALF - 1) // 10:
            break
        number, scale = number * 10 + int(digit), scale * 10
    return int(float(number) * (unit / scale))


DURATIONS: dict[str, Function] = {
    "duration": Function(_duration, "a"),
    "durationRound": Working(_rounded, "a"),
}
