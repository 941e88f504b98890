"""Go's strconv.Quote and its kin (https://pkg.go.dev/strconv#Quote)."""

from vaultenv.template.values import piecewise

_ESCAPES = {
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def quoted(value: str, ascii_only: bool = False, mark: str = '"') -> str:
    """Return the text in quotation marks, with escapes for characters that cannot be printed, or are not ASCII."""
    if value.isprintable() and (value.isascii() or not ascii_only):
        return mark + value.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark

    def escaped(piece: str) -> str:
        return piece.translate({ord(char): _char(char, ascii_only, mark) for char in set(piece)})

    return mark + piecewise(value, escaped) + mark


def _char(char: str, ascii_only: bool, mark: str) -> str:
    code = ord(char)
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char == mark:
        return "\\" + mark
    if char.isprintable() and (code < 0x80 or not ascii_only):
        return char
    if code < 0x80:
        return f"\\x{code:02x}"
    if 0xDC80 <= code < 0xDD00:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
