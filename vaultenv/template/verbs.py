"""One value in the form of one verb of Go's package fmt (https://pkg.go.dev/fmt)."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.quote import quoted
from vaultenv.template.types import ABSENT, NilPointer, Opaque, Struct
from vaultenv.template.values import float_text, kind, ordered, raw, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


NAMES = "n"
"""The flag for `+` with `%v`: names of struct fields, and no sign."""


class Verb:
    """One `%…` of a format: flags, width and precision (None if not given), and the letter."""

    __slots__ = ("flags", "letter", "precision", "width")

    def __init__(self, letter: str, flags: str = "", width: int = 0, precision: int | None = None) -> None:
        self.flags = flags
        self.letter = letter
        self.precision = precision
        self.width = width

    @property
    def is_plain(self) -> bool:
        """Whether the verb prints a text unchanged."""
        return self.letter in "sv" and self.precision is None and not self.width

    def of(self, letter: str) -> Verb:
        """Return the verb with another letter."""
        return Verb(letter, self.flags, self.width, self.precision)


def formatted(verb: Verb, value: Any) -> str:
    """Return the value in the verb's form; raise TemplateError for the few forms that are not supported."""
    if verb.letter == "T" and value is not None:
        return _padded(verb, kind(value)[: verb.precision])
    if verb.letter == "v" and "#" in verb.flags:
        raise TemplateError("printf: %#v is not known: use %v or %q")
    if verb.letter in ("p", "w"):
        raise TemplateError(f"printf: %{verb.letter} is not known: use %v")
    if value is None or value is ABSENT:
        return _padded(verb, "<nil>") if verb.letter in "vT" else f"%!{verb.letter}(<nil>)"
    return _formatted(verb, value)


def _formatted(verb: Verb, value: Any) -> str:
    if value is None:
        return "<nil>"
    if isinstance(value, list):
        return "[" + " ".join([_formatted(verb, item) for item in value]) + "]"
    if isinstance(value, dict):
        pairs = [f"{_formatted(verb, key)}:{_formatted(verb, value[key])}" for key in ordered(value)]
        return "map[" + " ".join(pairs) + "]"
    if isinstance(value, Struct):
        return _struct(verb, value)
    if isinstance(value, Opaque) or (isinstance(value, NilPointer) and verb.letter == "v"):
        return text(value)
    body = _body(verb, value)
    return f"%!{verb.letter}({kind(value)}={_formatted(verb.of('v'), value)})" if body is None else body


def _struct(verb: Verb, value: Struct) -> str:
    names = NAMES in verb.flags
    fields = [(f"{name}:" if names else "") + _formatted(verb, field) for name, field in value.fields.items()]
    return "&" * value.is_pointer + "{" + " ".join(fields) + "}"


def _padded(verb: Verb, body: str) -> str:
    """Return the body in the verb's width, of characters."""
    if "-" in verb.flags:
        return body.ljust(verb.width)
    return body.rjust(verb.width, "0" if "0" in verb.flags else " ")


def _number(verb: Verb, body: str) -> str:
    """Return a number in the verb's width, zeros after its sign."""
    if "0" not in verb.flags or "-" in verb.flags or body[-1:] in "fN":
        return body.ljust(verb.width) if "-" in verb.flags else body.rjust(verb.width)
    sign = body[:1] if body[:1] in ("+", "-", " ") else ""
    return sign + body[len(sign) :].rjust(verb.width - len(sign), "0")


def _body(verb: Verb, value: Any) -> str | None:
    """Return the value in the verb's form, None if the verb does not suit it."""
    if isinstance(value, bool):
        return _padded(verb, text(value)) if verb.letter in "tv" else None
    if isinstance(value, str):
        body = _string(verb, value)
        return None if body is None else _padded(verb, body)
    if isinstance(value, int):
        return _integer(verb, value)
    if isinstance(value, float):
        return _float(verb, value)
    return None


def _string(verb: Verb, value: str) -> str | None:
    if verb.letter in "xX":
        return _hex(verb, raw(value))
    cut = value if verb.precision is None else value[: verb.precision]
    if verb.letter in "sv":
        return str(cut)
    if verb.letter == "q":
        if "#" in verb.flags and _fits_backquotes(cut):
            return f"`{cut}`"
        return quoted(cut, ascii_only="+" in verb.flags)
    return None


def _fits_backquotes(value: str) -> bool:
    """Return strconv.CanBackquote; a surrogate is a byte that is not UTF-8."""
    return all(
        char == "\t" or (char >= " " and char not in "`\ufeff\x7f" and not 0xD800 <= ord(char) < 0xE000)
        for char in value
    )


def _hex(verb: Verb, data: bytes) -> str:
    pairs = [f"{byte:02x}" for byte in data[: verb.precision]]
    prefix = "0x" if "#" in verb.flags and pairs else ""
    body = prefix + (f" {prefix}" if " " in verb.flags else "").join(pairs)
    return body if verb.letter == "x" else body.upper()


_BASES = {"d": "d", "v": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
_PREFIXES = {"b": "0b", "o": "0", "O": "0", "x": "0x", "X": "0X"}


def _integer(verb: Verb, value: int) -> str | None:
    if verb.letter in _BASES:
        return _in_base(verb, value)
    if verb.letter not in ("c", "q", "U"):
        return None
    char = chr(value) if 0 <= value <= 0x10FFFF and not 0xD800 <= value < 0xE000 else "\ufffd"
    if verb.letter == "c":
        return _padded(verb, char)
    if verb.letter == "U":
        shown = f" '{char}'" if "#" in verb.flags and 0 <= value <= 0x10FFFF and char.isprintable() else ""
        digits = format(value % (1 << 64), "X").rjust(max(4, verb.precision or 0), "0")
        return _padded(Verb("U", verb.flags.replace("0", ""), verb.width), f"U+{digits}{shown}")
    return _padded(verb, quoted(char, ascii_only="+" in verb.flags, mark="'"))


def _in_base(verb: Verb, value: int) -> str:
    if verb.precision == 0 and not value:
        return " " * verb.width
    digits = format(abs(value), _BASES[verb.letter])
    sign = "-" if value < 0 else "+" if "+" in verb.flags else " " if " " in verb.flags else ""
    if verb.precision is not None:
        digits = digits.rjust(verb.precision, "0")
    elif "0" in verb.flags and "-" not in verb.flags:
        digits = digits.rjust(verb.width - len(sign), "0")
    prefix = _PREFIXES.get(verb.letter, "") if "#" in verb.flags else ""
    prefix = "" if prefix == "0" and digits.startswith("0") else prefix
    body = sign + ("0o" if verb.letter == "O" else "") + prefix + digits
    return body.ljust(verb.width) if "-" in verb.flags else body.rjust(verb.width)


def _float(verb: Verb, value: float) -> str | None:
    if verb.letter == "b" or (verb.letter in "xX" and (verb.precision is not None or "#" in verb.flags)):
        raise TemplateError(f"printf: this form of %{verb.letter} is not known for floats: use %g or %f")
    if verb.letter not in "vfFeEgGxX":
        return None
    letter = verb.letter.replace("v", "g").replace("F", "f")
    body = _float_body(letter, verb.precision, value)
    if "#" in verb.flags:
        body = _with_point(letter, verb.precision, body)
    if body[:1] not in ("+", "-"):
        body = ("+" if "+" in verb.flags else " " if " " in verb.flags else "") + body
    elif body == "+Inf" and " " in verb.flags and "+" not in verb.flags:
        body = " Inf"
    return _number(verb, body)


def _float_body(letter: str, precision: int | None, value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return float_text(value)
    if letter in "xX":
        body = _hex_float(value)
        return body if letter == "x" else body.upper()
    if letter in "gG":
        if precision is None:
            body = float_text(value)
            return body.upper() if letter == "G" else body
        return format(value, f".{precision}{letter}")
    return format(value, f".{6 if precision is None else precision}{letter}")


def _hex_float(value: float) -> str:
    """Return a float as `0x1.8p+03`, with the needed number of digits."""
    mantissa, _, exponent = value.hex().partition("p")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = fraction.rstrip("0")
    return f"{sign}{whole}{'.' if fraction else ''}{fraction}p{exponent[0]}{exponent[1:].rjust(2, '0')}"


def _with_point(letter: str, precision: int | None, body: str) -> str:
    """Return a float with the point and, for %g, the final zeros of the flag `#`."""
    if body[-1:] in "fN":
        return body
    mark = next((at for at, char in enumerate(body) if char in "eE"), len(body))
    number, exponent = body[:mark], body[mark:]
    digits = (6 if precision is None else precision) if letter in "gG" else 0
    significant = number.lstrip("+-").replace(".", "").lstrip("0")
    missing = digits - len(significant)
    if "." not in number:
        missing -= number.lstrip("+-") == "0"
        number += "."
    return number + "0" * max(missing, 0) + exponent
