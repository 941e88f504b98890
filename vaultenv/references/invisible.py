"""Characters around a value that is probably meant as a reference: invisible ones, and quotes."""

from vaultenv.references.grammar import has_reference

_AT_END = "the value ends in an invisible character (a line break, a blank), which belongs to it: take it out if a reference is meant"
_AT_START = "the value begins with an invisible character (a blank, a line break), and so is text: take it out if a reference is meant"
_QUOTED = "the value is in quotes, which belong to it, and so is text: take them out if a reference is meant"
_STARTS = (b"vault:", b">>vault:")
_QUOTES = (b'"', b"'")
_LONGEST = 4096


def stray_characters(value: bytes) -> str:
    """Return a warning if the value would be a reference, or another one, without the characters around it; else ""."""
    if value.startswith(_STARTS):
        return _AT_END if _ends_invisibly(value) else ""
    if len(value) > _LONGEST or _STARTS[0] not in value:
        return ""
    if value[:1] in _QUOTES:
        inner, quote, after = value[1:].partition(value[:1])
        return _QUOTED if quote and not after and _is_direct(inner.decode("utf-8", "replace")) else ""
    if b" " < value[:1] < b"\x7f":
        return ""
    text = value.decode("utf-8", "replace")
    visible = next((at for at, char in enumerate(text) if _is_visible(char)), len(text))
    return _AT_START if _is_direct(text[visible:].rstrip()) else ""


def _ends_invisibly(value: bytes) -> bool:
    if b" " < value[-1:] < b"\x7f":
        return False
    text = value.decode("utf-8", "replace")
    visible = len(text)
    while visible and not _is_visible(text[visible - 1]):
        visible -= 1
    return visible < len(text) and text[:visible].isprintable() and has_reference(text[:visible].encode())


def _is_direct(text: str) -> bool:
    """Return whether the text, on one line, is a reference as a whole."""
    found = text.encode()
    return found.startswith(_STARTS) and text.isprintable() and has_reference(found)


def _is_visible(char: str) -> bool:
    return char.isprintable() and not char.isspace()
