"""All functions by name. A table of them is loaded when a template first uses one of it: a start pays for nothing else."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vaultenv.template.functions import Function


def _go() -> Mapping[str, Function]:
    from vaultenv.template.consul.go import BUILTINS

    return BUILTINS


def _texts() -> Mapping[str, Function]:
    from vaultenv.template.consul.texts import TEXTS

    return TEXTS


def _numbers() -> Mapping[str, Function]:
    from vaultenv.template.consul.numbers import NUMBERS

    return NUMBERS


def _lists() -> Mapping[str, Function]:
    from vaultenv.template.consul.lists import LISTS

    return LISTS


def _encodings() -> Mapping[str, Function]:
    from vaultenv.template.consul.encodings import ENCODINGS

    return ENCODINGS


def _patterns() -> Mapping[str, Function]:
    from vaultenv.template.consul.patterns import PATTERNS

    return PATTERNS


def _documents() -> Mapping[str, Function]:
    from vaultenv.template.consul.documents import DOCUMENTS

    return DOCUMENTS


_TABLES: tuple[tuple[Callable[[], Mapping[str, Function]], str], ...] = (
    (
        _go,
        "and call eq ge gt html index js le len lt ne not or print printf println slice urlquery",
    ),
    (
        _texts,
        "base64Decode base64Encode base64URLDecode base64URLEncode indent join replaceAll split splitToMap toLower"
        " toTitle toUpper trim trimPrefix trimSpace trimSuffix",
    ),
    (
        _numbers,
        "add divide loop maximum minimum modulo multiply parseBool parseFloat parseInt parseUint subtract",
    ),
    (
        _lists,
        "contains containsAll containsAny containsNone containsNotAll explodeMap in mergeMap mergeMapWithOverride",
    ),
    (
        _encodings,
        "hmacSHA256Hex md5sum parseJSON sha256Hex toJSON toJSONPretty toUnescapedJSON toUnescapedJSONPretty",
    ),
    (_patterns, "regexMatch regexReplaceAll"),
    (_documents, "parseYAML toTOML toYAML"),
)
_LOADERS = {name: load for load, names in _TABLES for name in names.split()}

BOUND = ("executeTemplate", "pkiCert", "scratch", "secret", "secrets", "timestamp")
"""Functions that a rendering binds to its answers and its state."""
NAMES = frozenset((*_LOADERS, *BOUND))


class Functions(dict[str, "Function"]):
    """Functions by name, which loads those that need neither Vault nor the state of a rendering."""

    def __missing__(self, name: str) -> Function:
        function = self[name] = _LOADERS[name]()[name]
        return function
