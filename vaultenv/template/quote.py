"""Go's strconv.Quote (https://pkg.go.dev/strconv#Quote)."""

from vaultenv.template.values import piecewise

_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


_PLAIN = str.maketrans({'"': '\\"', "\\": "\\\\"})


def quoted(value: str) -> str:
    """Return the text in double quotes, with escapes for characters that cannot be printed."""
    return '"' + (value.translate(_PLAIN) if value.isprintable() else piecewise(value, _escaped)) + '"'


def _escaped(value: str) -> str:
    return "".join(map(_char, value))


def _char(char: str) -> str:
    code = ord(char)
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
