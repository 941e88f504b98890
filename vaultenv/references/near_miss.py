"""Values that are probably meant as references: with quotes or invisible characters around them, or text without `${ }`."""

from __future__ import annotations

from vaultenv.references.grammar import has_reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaultenv.references.parts import Value

_AT_END = "the value ends in an invisible character (a line break, a blank), which belongs to it: take it out if a reference is meant"
_AT_START = "the value begins with an invisible character (a blank, a line break), and so is text: take it out if a reference is meant"
_QUOTED = "the value is in quotes, which belong to it, and so is text: take them out if a reference is meant"
INSIDE = "it has vault:path#key inside of text, where that is text: write ${vault:path#key} if a reference is meant"
_PREFIX = "vault:"
_NO_PATH = frozenset(" \"'`<>(){}")
_STARTS = (b"vault:", b">>vault:")
_QUOTES = (b'"', b"'")
_LONGEST = 4096
_LONGEST_NAME = 256


def near_miss(value: bytes, parsed: Value | None) -> str:
    """Return a warning if the value is probably meant as a reference, or as another one, else ""; `parsed` is what the
    grammar reads in it.
    """
    warning = stray_characters(value)
    if warning or value.startswith(_STARTS) or len(value) > _LONGEST or _STARTS[0] not in value:
        return warning
    return INSIDE if any(map(_is_named, _texts(value, parsed))) else ""


def stray_characters(value: bytes) -> str:
    """Return a warning if the value would be a reference, or another one, without the characters around it; else ""."""
    if value.startswith(_STARTS):
        return _AT_END if _ends_invisibly(value) else ""
    if len(value) > _LONGEST or _STARTS[0] not in value:
        return ""
    if value[:1] in _QUOTES:
        inner, quote, after = value[1:].partition(value[:1])
        return _QUOTED if quote and not after and _is_direct(inner.decode("utf-8", "replace")) else ""
    text = value.decode("utf-8", "replace")
    visible = next((at for at, char in enumerate(text) if _is_visible(char)), len(text))
    return _AT_START if visible and _is_direct(text[visible:].rstrip()) else ""


def _ends_invisibly(value: bytes) -> bool:
    if b" " < value[-1:] < b"\x7f":
        return False
    text = value.decode("utf-8", "replace")
    visible = len(text)
    while visible and not _is_visible(text[visible - 1]):
        visible -= 1
    return visible < len(text) and text[:visible].isprintable() and has_reference(text[:visible].encode())


def _is_direct(text: str) -> bool:
    """Return whether the text, on one line, has the form of a reference as a whole."""
    before, prefix, body = text.removeprefix(">>").partition(_PREFIX)
    is_ciphertext = body[:1] == "v" and body[1:].partition(":")[0].isdecimal()
    has_form = "#" in body or body == "login" or is_ciphertext
    return bool(prefix) and not before and text.isprintable() and body[:1] != " " and has_form


def _texts(value: bytes, parsed: Value | None) -> Iterator[str]:
    """Yield the text between the references of the value, without those that a backslash escapes."""
    if parsed is None:
        yield value.decode("utf-8", "replace")
    for part in parsed.parts if parsed and parsed.inline else ():
        if isinstance(part, bytes):
            text = part.decode("utf-8", "replace")
            yield text.replace("${" + _PREFIX, "").replace("${>>" + _PREFIX, "")


def _is_named(text: str) -> bool:
    """Return whether the text has `vault:`, a path with a slash, `#` and a key anywhere as a word of its own."""
    at = text.find(_PREFIX)
    while at >= 0:
        if _is_word(text[at - 1 : at]) and _is_path_and_key(text[at + len(_PREFIX) :][:_LONGEST_NAME]):
            return True
        at = text.find(_PREFIX, at + 1)
    return False


def _is_word(before: str) -> bool:
    """Return whether a word may begin behind the character."""
    return not (before.isalnum() or before in ("-", "_"))


def _is_path_and_key(text: str) -> bool:
    path, mark, key = text.partition("#")
    is_path = path[:1].isalpha() and "/" in path and path.isprintable() and _NO_PATH.isdisjoint(path)
    return bool(mark) and is_path and (key[:1].isalnum() or key[:1] in ("_", ".", "$"))


def _is_visible(char: str) -> bool:
    return char.isprintable() and not char.isspace()
