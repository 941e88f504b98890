"""The functions of `${ … }`: Go's own and those of Sprig v3 (https://masterminds.github.io/sprig/) that secrets need.

Functions with access to files, the environment, the network or the clock, and those that create keys or random text, or
match regular expressions, are left out on purpose.
"""

from __future__ import annotations

from vaultenv.template.functions import Tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaultenv.template.functions import Function


def _go() -> Mapping[str, Function]:
    from vaultenv.template.go import GO

    return GO


def _printing() -> Mapping[str, Function]:
    from vaultenv.template.printing import PRINTING

    return PRINTING


def _strings() -> Mapping[str, Function]:
    from vaultenv.template.sprig.strings import STRINGS

    return STRINGS


def _numbers() -> Mapping[str, Function]:
    from vaultenv.template.sprig.numbers import NUMBERS

    return NUMBERS


def _defaults() -> Mapping[str, Function]:
    from vaultenv.template.sprig.defaults import DEFAULTS

    return DEFAULTS


def _lists() -> Mapping[str, Function]:
    from vaultenv.template.sprig.lists import LISTS

    return LISTS


def _dicts() -> Mapping[str, Function]:
    from vaultenv.template.sprig.dicts import DICTS

    return DICTS


def _encodings() -> Mapping[str, Function]:
    from vaultenv.template.sprig.encodings import ENCODINGS

    return ENCODINGS


TABLES = (
    (_go, "and eq ge gt index le len lt ne not or"),
    (_printing, "html print printf println urlquery"),
    (
        _strings,
        "abbrev cat contains hasPrefix hasSuffix indent initials join lower nindent nospace plural quote repeat replace"
        " sortAlpha split splitList splitn squote substr title toString toStrings trim trimAll trimPrefix trimSuffix trunc"
        " untitle upper",
    ),
    (
        _numbers,
        "add add1 atoi ceil div float64 floor int int64 max min mod mul round sub until untilStep",
    ),
    (_defaults, "all any coalesce default empty fail ternary"),
    (
        _lists,
        "append chunk compact concat first has initial last list prepend push rest reverse slice tuple uniq without",
    ),
    (
        _dicts,
        "deepCopy dict dig get hasKey keys merge mergeOverwrite omit pick pluck set unset values",
    ),
    (
        _encodings,
        "adler32sum b32dec b32enc b64dec b64enc fromJson sha1sum sha256sum sha512sum toJson toPrettyJson toRawJson",
    ),
)
"""Loaders of functions, each with the names of its functions."""
FUNCTIONS = Tables(TABLES)
