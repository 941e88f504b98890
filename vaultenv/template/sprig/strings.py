"""Sprig's functions on strings; positions and lengths count bytes of UTF-8, as in Go."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function, table
from vaultenv.template.quote import quoted
from vaultenv.template.values import bounded, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
SPACE = _SPACE + "\u2028\u2029\u202f\u205f\u3000"


def strings_of(value: Any) -> list[str]:
    """Return Sprig's strslice: the items of a list as text, without nils; another value alone."""
    if isinstance(value, list):
        return [text(item) for item in value if item is not None]
    return [] if value is None else [text(value)]


def _per_char(value: str, change: Any) -> str:
    """Change each character that has a single counterpart, as Go's unicode tables do."""
    changed = (change(char) for char in value)
    return "".join(new if len(new) == 1 else old for old, new in zip(value, changed, strict=True))


def _title(value: str) -> str:
    """Return strings.Title: the first letter of each word in upper case."""
    out, inside = [], False
    for char in value:
        out.append(char if inside else _per_char(char, str.title))
        inside = char.isalnum() or char == "_" or (ord(char) >= 0x80 and char not in SPACE)
    return "".join(out)


def _untitle(value: str) -> str:
    out, inside = [], False
    for char in value:
        out.append(char if inside else _per_char(char, str.lower))
        inside = char not in SPACE
    return "".join(out)


def _cut(value: str, start: int, end: int | None) -> str:
    raw = value.encode("utf-8", "surrogatepass")
    stop = len(raw) if end is None else end
    if not 0 <= start <= stop <= len(raw):
        raise TemplateError("slice bounds out of range")
    return raw[start:stop].decode("utf-8", "replace")


def _substr(start: int, end: int, value: str) -> str:
    if start < 0:
        return _cut(value, 0, end)
    length = len(value.encode("utf-8", "surrogatepass"))
    return _cut(value, start, None if end < 0 or end > length else end)


def _trunc(count: int, value: str) -> str:
    length = len(value.encode("utf-8", "surrogatepass"))
    if count < 0 and length + count > 0:
        return _cut(value, length + count, None)
    return _cut(value, 0, count) if 0 <= count < length else value


def _abbrev(width: int, value: str) -> str:
    length = len(value.encode("utf-8", "surrogatepass"))
    return value if width < 4 or length <= width else _cut(value, 0, width - 3) + "..."


def _repeat(count: int, value: str) -> str:
    if count < 0:
        raise TemplateError("negative Repeat count")
    bounded(count * len(value))
    return value * count


def _indent(spaces: int, value: str) -> str:
    pad = _repeat(spaces, " ")
    bounded(len(value) + len(pad) * (value.count("\n") + 1))
    return pad + value.replace("\n", "\n" + pad)


def _replace(old: str, new: str, value: str) -> str:
    bounded(len(value) + (value.count(old) if old else len(value) + 1) * len(new))
    return value.replace(old, new)


def _cat(*values: object) -> str:
    return " ".join(text(value) for value in values if value is not None)


def _quote(*values: object) -> str:
    return " ".join(quoted(text(value)) for value in values if value is not None)


def _squote(*values: object) -> str:
    return " ".join(f"'{text(value)}'" for value in values if value is not None)


def _split(separator: str, value: str, most: int = -1) -> list[str]:
    if separator:
        return value.split(separator, most)
    return list(value) if most < 0 or most >= len(value) else [*value[:most], value[most:]]


def _numbered(parts: list[str]) -> dict[str, str]:
    return {f"_{number}": part for number, part in enumerate(parts)}


def _splitn(separator: str, count: int, value: str) -> dict[str, str]:
    if count == 0:
        return {}
    return _numbered(_split(separator, value, count - 1 if count > 0 else -1))


def _initials(value: str) -> str:
    return "".join(word[0] for word in value.split())


def _sort_alpha(value: object) -> list[str]:
    texts = strings_of(value) if isinstance(value, list) else [text(value)]
    return sorted(texts, key=lambda item: item.encode("utf-8", "surrogatepass"))


def _join(separator: str, value: object) -> str:
    parts = strings_of(value)
    bounded(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


STRINGS: dict[str, Function] = table(
    {
        "trim": (lambda value: value.strip(SPACE), "s"),
        "trimAll": (lambda cut, value: value.strip(cut) if cut else value, "ss"),
        "trimSuffix": (lambda end, value: value.removesuffix(end), "ss"),
        "trimPrefix": (lambda start, value: value.removeprefix(start), "ss"),
        "upper": (lambda value: _per_char(value, str.upper), "s"),
        "lower": (lambda value: _per_char(value, str.lower), "s"),
        "title": (_title, "s"),
        "untitle": (_untitle, "s"),
        "substr": (_substr, "iis"),
        "trunc": (_trunc, "is"),
        "abbrev": (_abbrev, "is"),
        "repeat": (_repeat, "is"),
        "nospace": (lambda value: "".join(char for char in value if char not in SPACE), "s"),
        "initials": (_initials, "s"),
        "contains": (lambda part, value: part in value, "ss"),
        "hasPrefix": (lambda start, value: value.startswith(start), "ss"),
        "hasSuffix": (lambda end, value: value.endswith(end), "ss"),
        "quote": (_quote, "a*"),
        "squote": (_squote, "a*"),
        "cat": (_cat, "a*"),
        "indent": (_indent, "is"),
        "nindent": (lambda spaces, value: "\n" + _indent(spaces, value), "is"),
        "replace": (_replace, "sss"),
        "plural": (lambda one, many, count: one if count == 1 else many, "ssi"),
        "join": (_join, "sa"),
        "split": (lambda separator, value: _numbered(_split(separator, value)), "ss"),
        "splitList": (_split, "ss"),
        "splitn": (_splitn, "sis"),
        "sortAlpha": (_sort_alpha, "a"),
        "toString": (text, "a"),
        "toStrings": (strings_of, "a"),
    }
)
