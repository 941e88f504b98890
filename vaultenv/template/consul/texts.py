"""consul-template's functions on text."""

from __future__ import annotations

from vaultenv.basics.text import SPACE
from vaultenv.template.consul.signatures import per_character, strict
from vaultenv.template.consul.title import title
from vaultenv.template.errors import TemplateError
from vaultenv.template.pieces import Composed, Piece, Written, pieces_of
from vaultenv.template.texts import (
    base64_decoded,
    base64_encoded,
    lower,
    replaced_size,
    split,
    split_size,
    trim,
    upper,
)
from vaultenv.template.types import StringMap, Strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.template.functions import Function

_TO_URL = str.maketrans("+/", "-_")
_FROM_URL = str.maketrans("-_+/", "+/**")


def _per_unusual(value: str) -> int:
    """Return the cost of a text with characters outside ASCII."""
    return 0 if value.isascii() else 8 * len(value)


def _indent(spaces: int, value: str) -> str:
    """Put blanks before each line that is not empty."""
    if spaces < 0:
        raise TemplateError("indent value must be a positive integer")
    pad = " " * spaces
    return "\n".join([pad + line if line else line for line in value.split("\n")])


def _indented_size(spaces: int, value: str) -> int:
    return len(value) + max(spaces, 0) * (value.count("\n") + 1)


def _join(separator: str, items: Strings) -> str:
    pieces: list[Piece] = []
    for place, item in enumerate(items):
        if place:
            pieces += pieces_of(separator, separator)
        pieces += pieces_of(item, item)
    return Composed.of(pieces) if items else Written()


def _joined_size(separator: str, items: Strings) -> int:
    return sum(map(len, items)) + len(separator) * len(items)


def _split(separator: str, value: str) -> Strings:
    plain = value.strip(SPACE)
    return Strings(split(separator, plain) if plain else ())


def _split_to_map(between: str, inside: str, value: str) -> StringMap:
    parts = (item.partition(inside) if inside else ("", "", item) for item in _split(between, value))
    return StringMap({key: rest for key, found, rest in parts if found or not inside})


TEXTS: dict[str, Function] = strict(
    {
        "base64Decode": (base64_decoded, "s"),
        "base64Encode": (base64_encoded, "s"),
        "base64URLDecode": (lambda value: base64_decoded(value.translate(_FROM_URL)), "s"),
        "base64URLEncode": (lambda value: base64_encoded(value).translate(_TO_URL), "s"),
        "indent": (_indent, "is", _indented_size),
        "join": (_join, "sl", _joined_size),
        "replaceAll": (lambda old, new, value: value.replace(old, new), "sss", replaced_size),
        "split": (_split, "ss", split_size),
        "splitToMap": (_split_to_map, "sss", lambda between, _, value: split_size(between, value)),
        "toLower": (lower, "s", None, _per_unusual),
        "toTitle": (title, "s", None, per_character(8)),
        "toUpper": (upper, "s", None, _per_unusual),
        "trim": (trim, "ss", None, per_character(4)),
        "trimPrefix": (lambda start, value: value.removeprefix(start), "ss"),
        "trimSpace": (lambda value: value.strip(SPACE), "s"),
        "trimSuffix": (lambda end, value: value.removesuffix(end), "ss"),
    }
)
