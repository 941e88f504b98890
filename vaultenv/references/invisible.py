"""Invisible characters at the end of a value that is probably meant as a reference."""

from vaultenv.references.grammar import has_reference

INVISIBLE_END = "the value ends in an invisible character (a line break, a blank), which belongs to it: take it out if a reference is meant"
_STARTS = (b"vault:", b">>vault:")


def ends_invisibly(value: bytes) -> bool:
    """Return whether the value would be a reference, or another one, without the invisible characters at its end."""
    if not value.startswith(_STARTS) or b" " < value[-1:] < b"\x7f":
        return False
    text = value.decode("utf-8", "replace")
    visible = len(text)
    while visible and not _is_visible(text[visible - 1]):
        visible -= 1
    return visible < len(text) and text[:visible].isprintable() and has_reference(text[:visible].encode())


def _is_visible(char: str) -> bool:
    return char.isprintable() and not char.isspace()
