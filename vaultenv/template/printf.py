"""Go's formatted printing (https://pkg.go.dev/fmt), for the values that templates have."""

from __future__ import annotations

from vaultenv.template.quote import quoted
from vaultenv.template.values import ITEM, float_text, kind, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FLAGS = "+-# 0"


class _Verb:
    """One `%…` of a format: flags, width and precision (None if not given), and the letter."""

    __slots__ = ("flags", "letter", "precision", "width")

    def __init__(self, flags: str, width: int, precision: int | None, letter: str) -> None:
        self.flags = flags
        self.width = width
        self.precision = precision
        self.letter = letter


def formatted_size(format_: str, *arguments: object) -> int:
    """Return a weight that the formatted text does not exceed by more than its arguments' escapes."""
    size = len(format_) + ITEM * format_.count("%")
    return size + sum(
        (verb.width + (verb.precision or 0)) * _leaves(argument)
        for verb, argument in zip(_verbs(format_), arguments, strict=False)
    )


def _verbs(format_: str) -> Iterator[_Verb]:
    """Yield the verbs that take an argument."""
    at = 0
    while (start := format_.find("%", at)) >= 0:
        verb, at = _verb(format_, start + 1)
        if verb.letter not in ("", "%"):
            yield verb


def _leaves(value: object) -> int:
    """Return how often a width may apply: to the value, and to each one in a list or map."""
    if isinstance(value, (list, dict)):
        return 1 + sum(map(_leaves, value.values() if isinstance(value, dict) else value))
    return 1


def sprintf(format_: str, arguments: Sequence[object]) -> str:
    """The formatted text; what cannot be formatted is told inside it, as Go does."""
    out: list[str] = []
    at = used = 0
    while (start := format_.find("%", at)) >= 0:
        out.append(format_[at:start])
        verb, at = _verb(format_, start + 1)
        if verb.letter == "%":
            out.append("%")
        elif not verb.letter:
            out.append("%!(NOVERB)")
        elif used >= len(arguments):
            out.append(f"%!{verb.letter}(MISSING)")
        else:
            out.append(_formatted(verb, arguments[used]))
            used += 1
    out.append(format_[at:])
    if used < len(arguments):
        extra = ", ".join("<nil>" if a is None else f"{kind(a)}={text(a)}" for a in arguments[used:])
        out.append(f"%!(EXTRA {extra})")
    return "".join(out)


def _verb(format_: str, at: int) -> tuple[_Verb, int]:
    start = at
    while format_[at : at + 1] and format_[at] in _FLAGS:
        at += 1
    flags = format_[start:at]
    width, at = _digits(format_, at)
    precision: int | None = None
    if format_[at : at + 1] == ".":
        precision, at = _digits(format_, at + 1)
    return _Verb(flags, width, precision, format_[at : at + 1]), at + 1


def _digits(format_: str, at: int) -> tuple[int, int]:
    start = at
    while format_[at : at + 1] in tuple("0123456789"):
        at += 1
    return int(format_[start:at][:9] or 0), at


def _formatted(verb: _Verb, value: object) -> str:
    body = _body(verb, value)
    if body is None:
        shown = "<nil>" if value is None else f"{kind(value)}={text(value)}"
        return f"%!{verb.letter}({shown})"
    if "-" in verb.flags:
        return body.ljust(verb.width)
    if "0" in verb.flags and verb.letter not in "sqvt":
        sign = body[:1] if body[:1] in ("+", "-") else ""
        return sign + body[len(sign) :].rjust(verb.width - len(sign), "0")
    return body.rjust(verb.width)


def _body(verb: _Verb, value: object) -> str | None:
    """Return the value in the verb's form, None if the verb does not suit it."""
    if verb.letter == "v":
        return _signed(verb, value, text(value))
    if isinstance(value, bool):
        return text(value) if verb.letter == "t" else None
    if isinstance(value, str):
        return _string(verb, value)
    if isinstance(value, int):
        return _integer(verb, value)
    if isinstance(value, float):
        return _float(verb, value)
    if isinstance(value, list):
        items = [_formatted(verb, item) for item in value]
        return "[" + " ".join(items) + "]"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_formatted(verb, value[key])}" for key in sorted(value)) + "]"
    return None


def _signed(verb: _Verb, value: object, body: str) -> str:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and not body.startswith(("-", "+")):
        return ("+" if "+" in verb.flags else " " if " " in verb.flags else "") + body
    return body


def _string(verb: _Verb, value: str) -> str | None:
    cut = value if verb.precision is None else value[: verb.precision]
    if verb.letter == "s":
        return str(cut)
    if verb.letter == "q":
        return quoted(cut)
    if verb.letter in "xX":
        digits = cut.encode("utf-8", "replace").hex()
        return digits if verb.letter == "x" else digits.upper()
    return None


def _integer(verb: _Verb, value: int) -> str | None:
    forms = {"d": "d", "x": "x", "X": "X", "o": "o", "b": "b"}
    if verb.letter in forms:
        return _signed(verb, value, format(value, forms[verb.letter]))
    if verb.letter == "c":
        return chr(value) if 0 <= value <= 0x10FFFF and not 0xD800 <= value < 0xE000 else "\ufffd"
    return None


def _float(verb: _Verb, value: float) -> str | None:
    if verb.letter not in "feEgG":
        return None
    if verb.letter in "gG":
        body = float_text(value) if verb.precision is None else format(value, f".{verb.precision}g")
        return _signed(verb, value, body)
    precision = 6 if verb.precision is None else verb.precision
    return _signed(verb, value, format(value, f".{precision}{verb.letter}"))
