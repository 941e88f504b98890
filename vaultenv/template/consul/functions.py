"""All functions by name, in tables that are loaded as a template uses them."""

from __future__ import annotations

from vaultenv.template.functions import Tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaultenv.template.functions import Function


def _go() -> Mapping[str, Function]:
    from vaultenv.template.consul.go import BUILTINS

    return BUILTINS


def _printing() -> Mapping[str, Function]:
    from vaultenv.template.consul.printing import PRINTERS

    return PRINTERS


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


_TABLES = (
    (_go, "and call eq ge gt index le len lt ne not or slice"),
    (_printing, "html js print printf println urlquery"),
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
BOUND = ("executeTemplate", "pkiCert", "scratch", "secret", "secrets", "timestamp")
"""Functions that a rendering binds to its answers and its state."""
_UNBOUND = Tables(_TABLES)
NAMES = frozenset((*_UNBOUND, *BOUND))
ENV = "env"
POD_FACTS = ("NAMESPACE", "POD_IP", "HOST_IP")
"""The variables that `env` knows in the files of an agent, and in no other template: where the pod runs."""


def functions(bound: Mapping[str, Function]) -> Tables:
    """Return these functions, and those that need neither Vault nor the state of a rendering."""
    return _UNBOUND.with_bound(bound)
