"""Durations as Go writes them (`1m30s`, `500ms`), and as Vault does: with days (`30d`), and bare seconds (`30`).

Sources: time.ParseDuration of Go, and ParseDurationSecond of Vault's client.
"""

_UNITS = (
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
    ("d", 86400.0),
)
_UNIT_S = dict(_UNITS)
_LONGEST_S = 2**63 / 1e9  # time.Duration counts nanoseconds in 64 bits
_LONGEST = 128
"""Characters of a duration: authors of objects may write a megabyte of `1h1h1h`, each part of which copies the rest."""


def seconds(text: str) -> float:
    """Return the seconds of a duration, never negative; raise ValueError for other text and, as Go, for more
    than 292 years.
    """
    text = text.strip().removeprefix("+")
    duration_s = _parsed(text) if len(text) <= _LONGEST else _LONGEST_S + 1
    if duration_s > _LONGEST_S:
        raise ValueError("not a duration")
    return duration_s


def _parsed(text: str) -> float:
    if _is_number(text):
        return float(text)
    total_s, rest = 0.0, text
    while rest:
        number, unit, rest = _next(rest)
        if not _is_number(number) or unit not in _UNIT_S:
            raise ValueError("not a duration")
        total_s += float(number) * _UNIT_S[unit]
    if not text:
        raise ValueError("not a duration")
    return total_s


def _is_number(text: str) -> bool:
    whole, _, fraction = text.partition(".")
    return (whole + fraction).isascii() and (whole + fraction).isdigit()


def _next(text: str) -> tuple[str, str, str]:
    """Split text into its leading number, the number's unit, and the rest."""
    split = len(text) - len(text.lstrip("0123456789."))
    end = split
    while end < len(text) and text[end] not in "0123456789.":
        end += 1
    return text[:split], text[split:end], text[end:]
