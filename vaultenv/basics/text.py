"""Bytes and text, with the error handlers that work before the interpreter is complete.

In the static executable, a strict codec at a fault, and `backslashreplace` in decoding, need a handler from a registry
that does not exist yet. `surrogateescape` and `replace` are built into the codec of UTF-8.
"""

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
SPACE = _SPACE + "\u2028\u2029\u202f\u205f\u3000"
"""The characters for which Go's unicode.IsSpace is true (https://pkg.go.dev/unicode#IsSpace)."""
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


class NotUtf8(ValueError):
    """Raised for bytes that are not UTF-8; `at` is the position of the first invalid one."""

    def __init__(self, at: int) -> None:
        super().__init__("not UTF-8")
        self.at = at


def decoded(raw: bytes) -> str:
    """Return the bytes decoded as UTF-8; raise NotUtf8."""
    text = raw.decode("utf-8", "surrogateescape")
    at = _first_surrogate(text)
    if at is not None:
        raise NotUtf8(len(text[:at].encode("utf-8")))
    return text


def encoded(text: str) -> bytes:
    """Return the text as UTF-8, with U+FFFD for surrogates, as Go encodes them."""
    if _first_surrogate(text) is not None:
        text = "".join("\ufffd" if _is_surrogate(char) else char for char in text)
    return text.encode("utf-8")


def shown(raw: bytes) -> str:
    """Return the bytes as one printable line, for messages."""
    return one_line(raw.decode("utf-8", "replace"))


def one_line(text: str) -> str:
    """Return the text with control characters escaped, so that it cannot forge a line of a log."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def whole_number(text: str, most: int) -> int | None:
    """Return the number in ASCII digits; None for any other text, and for a number above `most`."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(most)):
        return None
    return number if (number := int(text)) <= most else None


def bounded(text: str, most: int) -> str:
    """Return the text in one line, shortened to `most` characters and an ellipsis if it is longer."""
    line = one_line(text)
    return line if len(line) <= most else line[:most] + "…"


def _escape(char: str) -> str:
    code = ord(char)
    return _ESCAPES.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def _first_surrogate(text: str) -> int | None:
    if text.isascii():
        return None
    return next((at for at, char in enumerate(text) if _is_surrogate(char)), None)


def _is_surrogate(char: str) -> bool:
    return (
        0xD800 <= ord(char) <= 0xDFFF
    )  # numbers, because surrogates in compiled code need a handler as well
