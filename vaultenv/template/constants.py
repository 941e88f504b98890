"""Go's literals: strings, characters and numbers (https://go.dev/ref/spec#Lexical_elements)."""

from vaultenv.basics.text import encoded
from vaultenv.template.errors import TemplateError
from vaultenv.template.floats import parse_float
from vaultenv.template.values import of_raw

_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_WIDTHS = {"x": 2, "u": 4, "U": 8}
_LARGEST = 2**63


def string(text: str, at: int) -> str:
    """Return the value of a quoted or raw string, given with its quotes; raise TemplateError."""
    if text[0] == "`":
        return text[1:-1].replace("\r", "")
    return _unquoted(text[1:-1], text[0], at)


def character(text: str, at: int) -> int:
    """Return the code point of a character literal, or the byte of an escape; raise TemplateError."""
    body = text[1:-1]
    piece, end = _piece(body, 0, "'", at)
    if not body or end != len(body):
        raise TemplateError(f"malformed character constant {text}", at)
    return piece[0] if len(piece) == 1 else ord(piece.decode())


def _unquoted(text: str, quote: str, at: int) -> str:
    raw = bytearray()
    i = 0
    while i < len(text):
        piece, i = _piece(text, i, quote, at)
        raw += piece
    return of_raw(bytes(raw))


def _piece(text: str, i: int, quote: str, at: int) -> tuple[bytes, int]:
    """Return the bytes of the character or escape at `i`, and the position after it; U+FFFD for a byte that is not UTF-8."""
    if text[i : i + 1] == "\\":
        return _escape(text, i + 1, quote, at)
    return encoded(text[i : i + 1]), i + 1


def _escape(text: str, i: int, quote: str, at: int) -> tuple[bytes, int]:
    """Return the bytes of the escape whose letter is at `i`, and the position after it."""
    letter = text[i : i + 1]
    if letter in _ESCAPES or letter == quote:
        return _ESCAPES.get(letter, letter).encode(), i + 1
    if letter in _WIDTHS:
        return _code(text[i + 1 : i + 1 + _WIDTHS[letter]], letter, at), i + 1 + _WIDTHS[letter]
    octal = text[i : i + 3]
    if len(octal) == 3 and not octal.strip("01234567") and int(octal, 8) < 256:
        return bytes((int(octal, 8),)), i + 3
    raise TemplateError("unknown escape in a quoted string", at)


def _code(digits: str, letter: str, at: int) -> bytes:
    if len(digits) != _WIDTHS[letter] or digits.strip("0123456789abcdefABCDEF"):
        raise TemplateError("unknown escape in a quoted string", at)
    code = int(digits, 16)
    if letter == "x":
        return bytes((code,))
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise TemplateError("escape is not a code point", at)
    return chr(code).encode()


def number(text: str, at: int) -> int | float:
    """Return the value of a number: an integer of 64 bits, or a float if it has a point or an exponent."""
    plain = text.lower().lstrip("+-")
    try:
        is_float = "p" in plain or (not plain.startswith("0x") and plain.strip("0123456789_xob"))
        return parse_float(text) if is_float else _integer(text, plain, at)
    except (ValueError, OverflowError):
        raise TemplateError(f"bad number syntax: {text}", at) from None


def _integer(text: str, plain: str, at: int) -> int:
    octal = plain.startswith("0") and not plain.strip("01234567_")
    value = int(plain, 8 if octal else 0)
    value = -value if text.startswith("-") else value
    if not -_LARGEST <= value < _LARGEST:
        raise TemplateError(f"integer overflow: {text}", at)
    return value
