"""Values that are probably meant as references: with quotes or invisible characters around them, or text without `${ }`."""

from vaultenv.errors import InvalidReference
from vaultenv.references.grammar import has_reference, parse

_AT_END = "the value ends in an invisible character (a line break, a blank), which belongs to it: take it out if a reference is meant"
_AT_START = "the value begins with an invisible character (a blank, a line break), and so is text: take it out if a reference is meant"
_QUOTED = "the value is in quotes, which belong to it, and so is text: take them out if a reference is meant"
INSIDE = "it has vault:path#key inside of text, where that is text: write ${vault:path#key} if a reference is meant"
_PREFIX = "vault:"
_NO_PATH = frozenset(" \"'`<>(){}")
_STARTS = (b"vault:", b">>vault:")
_QUOTES = (b'"', b"'")
_LONGEST = 4096


def near_miss(value: bytes) -> str:
    """Return a warning if the value is probably meant as a reference, or as another one, else ""."""
    if value.startswith(_STARTS):
        return _AT_END if _ends_invisibly(value) else ""
    if len(value) > _LONGEST or _STARTS[0] not in value:
        return ""
    if value[:1] in _QUOTES:
        inner, quote, after = value[1:].partition(value[:1])
        if quote and not after and _is_direct(inner.decode("utf-8", "replace")):
            return _QUOTED
    text = value.decode("utf-8", "replace")
    visible = next((at for at, char in enumerate(text) if _is_visible(char)), len(text))
    if visible and _is_direct(text[visible:].rstrip()):
        return _AT_START
    return INSIDE if _is_named(text) and any(map(_is_named, _texts_of(value))) else ""


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


def _texts_of(value: bytes) -> list[str]:
    """Return the text between the references of the value, without those that a backslash escapes."""
    try:
        parsed = parse(value)
    except InvalidReference:
        return []  # it is refused with a reason of its own
    if parsed is None:
        return [value.decode("utf-8", "replace")]
    literals = [part for part in parsed.parts if isinstance(part, bytes) and parsed.inline]
    texts = [part.decode("utf-8", "replace") for part in literals]
    return [text.replace("${" + _PREFIX, "").replace("${>>" + _PREFIX, "") for text in texts]


def _is_named(text: str) -> bool:
    """Return whether the text has `vault:`, a path with a slash, `#` and a key anywhere as a word of its own."""
    at = text.find(_PREFIX)
    while at >= 0:
        if _is_word(text[at - 1 : at]) and _is_path_and_key(text[at + len(_PREFIX) :]):
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
