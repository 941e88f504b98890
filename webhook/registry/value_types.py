"""Types of the operator's settings for registries."""

from collections.abc import Callable
from typing import Any

from vaultkube.net.tls import PEM, client_context
from vaultkube.value_types import ValueType, number
from webhook.registry.hosts import parse_pattern
from webhook.registry.mirrors import parse_mirror
from webhook.registry.platforms import parse_platform
from webhook.registry.realm import RealmRule

_MAX_BYTES = 1 << 30


def _listed(parse: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    def parse_list(text: str) -> tuple[Any, ...]:
        return tuple(parse(word.strip()) for word in text.split(",") if word.strip())

    return parse_list


def _realm(text: str) -> RealmRule:
    registry, _, realm = text.partition("=")
    return RealmRule(parse_pattern(registry.strip()), parse_pattern(realm.strip()))


def _certificates(text: str) -> str:
    if not text:
        return text
    try:
        content = PEM(text).read()
        client_context(content)
    except OSError:
        content = ""
    if not content:
        raise ValueError(text)
    return text


def _domain(text: str) -> str:
    parse_pattern(text)
    return text.strip(".").lower()


CERTIFICATES = ValueType("a file with certificates in PEM form", _certificates)
DOMAIN = ValueType("a domain", _domain)
BYTES = ValueType("a number of bytes up to 1073741824", number(0, _MAX_BYTES))
LENGTH = ValueType("a number of bytes from 1 to 1073741824", number(1, _MAX_BYTES))
POSITIVE = ValueType("a whole number from 1 to 9999", number(1, 9999))
HOSTS = ValueType(
    "a list of HOST[:PORT] with commas between, `*` for characters of one label, `*` alone for every host",
    _listed(parse_pattern),
)
MIRRORS = ValueType("a list of HOST=MIRROR[:PORT][/PREFIX] with commas between", _listed(parse_mirror))
REALMS = ValueType("a list of REGISTRY=HOST[:PORT] with commas between", _listed(_realm))
PLATFORMS = ValueType("a list of OS/ARCHITECTURE[/VARIANT] with commas between", _listed(parse_platform))
