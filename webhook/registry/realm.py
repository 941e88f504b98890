"""Token servers, and the credentials that may be sent to them.

https://distribution.github.io/distribution/spec/auth/token/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from webhook.registry.challenge import Challenge
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.hosts import HostPattern, parse_pattern
from webhook.registry.reference import Host, parse_host

_MAX_URL = 8192
"""The longest URL: a signed one of a blob store may contain a session token of 4 KiB."""


@dataclass(frozen=True, slots=True)
class RealmRule:
    """A rule: credentials for a registry may go to the token server on this host."""

    registry: HostPattern
    realm: HostPattern


KNOWN_REALMS = (
    RealmRule(parse_pattern("registry-1.docker.io"), parse_pattern("auth.docker.io")),
    RealmRule(parse_pattern("registry.gitlab.com"), parse_pattern("gitlab.com")),
)


@dataclass(frozen=True, slots=True)
class Realm:
    """A token server from a challenge."""

    url: str
    service: str
    host: Host
    scheme: str


def parse_url(text: str) -> tuple[str, Host, str]:
    """Return scheme, host and the URL without fragment; raise RegistryFailure (INVALID_ANSWER)."""
    try:
        parts = urlsplit(text)
        host = parse_host(parts.netloc)
    except (ValueError, RegistryFailure):
        raise RegistryFailure(Kind.INVALID_ANSWER, "a URL is not http(s)://HOST[:PORT]/…") from None
    if (
        parts.scheme not in ("http", "https")
        or len(text) > _MAX_URL
        or not text.isascii()
        or not text.isprintable()
    ):
        raise RegistryFailure(Kind.INVALID_ANSWER, "a URL is not http(s)://HOST[:PORT]/…")
    return parts.scheme, host, urlunsplit(parts._replace(fragment=""))


def parse_realm(challenge: Challenge) -> Realm:
    """Return the realm of a Bearer challenge; raise RegistryFailure (INVALID_ANSWER)."""
    scheme, host, url = parse_url(challenge.parameters.get("realm", ""))
    return Realm(url, challenge.parameters.get("service", ""), host, scheme)


def may_have_credentials(realm: Realm, registry: Host, rules: Sequence[RealmRule]) -> bool:
    """Return whether the realm may get the registry's credentials: on the same host, a known pair, or by a rule."""
    return realm.host.name == registry.name or any(
        rule.registry.matches(registry, 443) and rule.realm.matches(realm.host, 443)
        for rule in (*KNOWN_REALMS, *rules)
    )
