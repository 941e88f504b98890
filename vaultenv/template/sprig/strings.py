"""Sprig's functions on strings; positions and lengths count bytes of UTF-8, as in Go."""

from __future__ import annotations

from vaultenv.basics.text import SPACE
from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function, table
from vaultenv.template.quote import quoted
from vaultenv.template.texts import lower, per_char, replaced_size, split, split_size, trim, upper
from vaultenv.template.types import StringMap, Strings
from vaultenv.template.values import of_raw, piecewise, raw, readable, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NO_SPACE = dict.fromkeys(map(ord, SPACE))


def strings_of(value: Any) -> Strings:
    """Return Sprig's strslice: the items of a list as text, without nils; any other value as the only item."""
    if isinstance(value, list):
        return Strings([text(item) for item in value if item is not None])
    return Strings([] if value is None else [text(value)])


def _at_starts(value: str, change: Any, is_inside: Any) -> str:
    """Return the text with a change of each character after one outside a word."""
    inside = False

    def changed(piece: str) -> str:
        nonlocal inside
        out = []
        for char in readable(piece):
            out.append(char if inside else per_char(char, change))
            inside = is_inside(char)
        return "".join(out)

    return piecewise(value, changed)


def _title(value: str) -> str:
    """Return strings.Title: the first letter of each word in upper case."""
    return _at_starts(
        value,
        str.title,
        lambda char: char.isalnum() or char == "_" or (ord(char) >= 0x80 and char not in SPACE),
    )


def _untitle(value: str) -> str:
    return _at_starts(value, lower, lambda char: char not in SPACE)


def _cut(value: str, start: int, end: int | None) -> str:
    data = raw(value)
    stop = len(data) if end is None else end
    if not 0 <= start <= stop <= len(data):
        raise TemplateError("slice bounds out of range")
    return of_raw(data[start:stop])


def _substr(start: int, end: int, value: str) -> str:
    if start < 0:
        return _cut(value, 0, end)
    length = len(raw(value))
    return _cut(value, start, None if end < 0 or end > length else end)


def _trunc(count: int, value: str) -> str:
    length = len(raw(value))
    if count < 0 and length + count > 0:
        return _cut(value, length + count, None)
    return _cut(value, 0, count) if 0 <= count < length else value


def _abbrev(width: int, value: str) -> str:
    length = len(raw(value))
    return value if width < 4 or length <= width else _cut(value, 0, width - 3) + "..."


def _repeat(count: int, value: str) -> str:
    if count < 0:
        raise TemplateError("negative Repeat count")
    return value * count


def _indent(spaces: int, value: str) -> str:
    pad = _repeat(spaces, " ")
    return pad + value.replace("\n", "\n" + pad)


def _indented_size(spaces: int, value: str) -> int:
    return len(value) + spaces * (value.count("\n") + 1)


def _cat(*values: object) -> str:
    return " ".join(text(value) for value in values if value is not None)


def _quote(*values: object) -> str:
    return " ".join(quoted(text(value)) for value in values if value is not None)


def _squote(*values: object) -> str:
    return " ".join(f"'{text(value)}'" for value in values if value is not None)


def _numbered(parts: list[str]) -> StringMap:
    return StringMap({f"_{number}": part for number, part in enumerate(parts)})


def _splitn(separator: str, count: int, value: str) -> StringMap:
    if count == 0:
        return StringMap()
    return _numbered(split(separator, value, count - 1 if count > 0 else -1))


def _initials(value: str) -> str:
    """Return the first character of each word."""
    after_space = True

    def firsts(piece: str) -> str:
        nonlocal after_space
        out = []
        for char in piece:
            is_space = char.isspace()
            if after_space and not is_space:
                out.append(char)
            after_space = is_space
        return "".join(out)

    return piecewise(value, firsts)


def _sort_alpha(value: object) -> Strings:
    texts = strings_of(value) if isinstance(value, list) else [text(value)]
    return Strings(sorted(texts, key=raw))


def _join(separator: str, value: object) -> str:
    return separator.join(strings_of(value))


def _joined_size(separator: str, value: object) -> int:
    """Return the length of the joined texts and separators, without items that are not text."""
    if not isinstance(value, list):
        return 0
    return sum(len(item) for item in value if isinstance(item, str)) + len(separator) * (len(value) - 1)


STRINGS: dict[str, Function] = table(
    {
        "trim": (lambda value: value.strip(SPACE), "s"),
        "trimAll": (trim, "st"),
        "trimSuffix": (lambda end, value: value.removesuffix(end), "ss"),
        "trimPrefix": (lambda start, value: value.removeprefix(start), "ss"),
        "upper": (upper, "s"),
        "lower": (lower, "s"),
        "title": (_title, "t"),
        "untitle": (_untitle, "t"),
        "substr": (_substr, "iis"),
        "trunc": (_trunc, "is"),
        "abbrev": (_abbrev, "is"),
        "repeat": (_repeat, "is", lambda count, value: count * len(value)),
        "nospace": (lambda value: value.translate(_NO_SPACE), "s"),
        "initials": (_initials, "t"),
        "contains": (lambda part, value: part in value, "ss"),
        "hasPrefix": (lambda start, value: value.startswith(start), "ss"),
        "hasSuffix": (lambda end, value: value.endswith(end), "ss"),
        "quote": (_quote, "a*"),
        "squote": (_squote, "a*"),
        "cat": (_cat, "a*"),
        "indent": (_indent, "is", _indented_size),
        "nindent": (lambda spaces, value: "\n" + _indent(spaces, value), "is", _indented_size),
        "replace": (lambda old, new, value: value.replace(old, new), "sss", replaced_size),
        "plural": (lambda one, many, count: one if count == 1 else many, "ssi"),
        "join": (_join, "sa", _joined_size),
        "split": (lambda separator, value: _numbered(split(separator, value)), "ss", split_size),
        "splitList": (lambda separator, value: Strings(split(separator, value)), "ss", split_size),
        "splitn": (_splitn, "sis", lambda separator, count, value: split_size(separator, value, count)),
        "sortAlpha": (_sort_alpha, "a"),
        "toString": (text, "a"),
        "toStrings": (strings_of, "a"),
    }
)
