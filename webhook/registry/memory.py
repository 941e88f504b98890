"""What is remembered of images and of who may read them: two layers, because to know a digest is no permission.

*Content* is what the bytes of a digest say. It is kept for each repository, not for all: otherwise a registry that
says "yes" for somebody else's digest would be given somebody else's image. *Access* is that a registry answered a
credential, and how; it lives shortly, and nobody but the same credential profits from it.
"""

import hashlib
import hmac
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from webhook.registry.authorization import Token
from webhook.registry.credentials import Credential
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.lru import ExpiringLRU
from webhook.registry.platforms import Platform
from webhook.registry.query import ImageConfig

_FOR_EVER_S = 365 * 86400.0
_DIGEST_LIFE_S = 600.0
_REFUSED_S = 15.0
_BROKEN_S = 60.0
_TOKEN_LIFE_S = 300.0
_TOKEN_MARGIN_S = 10.0
_OVERHEAD_BYTES = 1024
_REFUSALS = frozenset({Kind.UNAUTHORIZED, Kind.MANIFEST_UNKNOWN, Kind.FORBIDDEN_REALM})


@dataclass(frozen=True, slots=True)
class Place:
    """A repository of a registry, as one credential (its fingerprint) sees it."""

    registry: str
    repository: str
    fingerprint: bytes
    verified: bool


@dataclass(frozen=True, slots=True)
class AccessKey:
    """What is asked at a place: a tag or digest, for some platforms."""

    place: Place
    wanted: str
    platforms: tuple[Platform, ...]


@dataclass(frozen=True, slots=True)
class _ContentKey:
    registry: str
    repository: str
    digest: str
    platforms: tuple[Platform, ...]


class Memory:
    """What one process remembers; nothing is written anywhere."""

    def __init__(
        self, max_bytes: int, tag_life_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tag_life_s = tag_life_s
        self._secret = os.urandom(32)
        eighth = max_bytes // 8
        self._content: ExpiringLRU[_ContentKey, ImageConfig] = ExpiringLRU(2 * eighth, clock)
        self._answers: ExpiringLRU[AccessKey, ImageConfig | RegistryFailure] = ExpiringLRU(2 * eighth, clock)
        self._tokens: ExpiringLRU[Place, Token] = ExpiringLRU(2 * eighth, clock)
        self._tags: ExpiringLRU[tuple[str, str, str], str] = ExpiringLRU(eighth, clock)
        self._throttled: ExpiringLRU[tuple[str, bytes], RegistryFailure] = ExpiringLRU(eighth, clock)

    def fingerprint(self, credential: Credential) -> bytes:
        """Return what tells credentials apart, and tells nothing of them."""
        parts = (credential.username, credential.password, credential.identity_token)
        text = "\0".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")
        return b"" if credential.anonymous else hmac.digest(self._secret, text, hashlib.sha256)

    def answer(self, key: AccessKey, *, fresh: bool) -> ImageConfig | None:
        """Return what the registry answered lately; with `fresh`, nothing that it may have changed since.

        Raises the RegistryFailure that it answered lately. A registry that limits pulls is not asked for more, but
        what it has answered before still holds.
        """
        found = self._answers.get(key)
        if isinstance(found, RegistryFailure):
            raise found.copy()
        if found and not fresh:
            return found
        limited = self._throttled.get((key.place.registry, key.place.fingerprint))
        if limited:
            raise limited.copy()
        return None

    def keep_answer(self, key: AccessKey, config: ImageConfig) -> None:
        """Remember an answer that was verified."""
        by_digest, size = ":" in key.wanted, _size(config)
        place = key.place
        self._answers.put(key, config, _DIGEST_LIFE_S if by_digest else self._tag_life_s, size)
        content = _ContentKey(place.registry, place.repository, config.digest, key.platforms)
        self._content.put(content, config, _FOR_EVER_S, size)
        self._tags.put(
            (place.registry, place.repository, key.wanted), config.digest, _FOR_EVER_S, _OVERHEAD_BYTES
        )

    def keep_failure(self, key: AccessKey, failure: RegistryFailure) -> None:
        """Remember an answer that was a failure; what may pass at once is not remembered."""
        if failure.kind is Kind.TOO_MANY_REQUESTS:
            place = (key.place.registry, key.place.fingerprint)
            self._throttled.put(place, failure.copy(), failure.retry_after_s, _OVERHEAD_BYTES)
        elif failure.kind in _REFUSALS:
            self._answers.put(key, failure.copy(), _REFUSED_S, _OVERHEAD_BYTES)
        elif failure.kind is not Kind.UNREACHABLE and failure.kind is not Kind.UNTRUSTED_CERTIFICATE:
            life_s = _BROKEN_S if ":" in key.wanted else _REFUSED_S
            self._answers.put(key, failure.copy(), life_s, _OVERHEAD_BYTES)

    def last_digest(self, key: AccessKey) -> str | None:
        """Return the digest that was last read under this name: worth asking whether it still is."""
        return self._tags.get((key.place.registry, key.place.repository, key.wanted))

    def content(self, key: AccessKey, digest: str) -> ImageConfig | None:
        """Return what the digest says: only for one whom the registry has just let read it."""
        place = key.place
        return self._content.get(_ContentKey(place.registry, place.repository, digest, key.platforms))

    def token(self, place: Place) -> Token | None:
        """Return the token that was last good there."""
        return self._tokens.get(place)

    def keep_token(self, place: Place, token: Token) -> None:
        """Remember a token for most of its life."""
        life_s = min(token.life_s - _TOKEN_MARGIN_S, _TOKEN_LIFE_S)
        self._tokens.put(place, token, life_s, len(token.header) + _OVERHEAD_BYTES)

    def drop_token(self, place: Place) -> None:
        """Forget a token that was refused."""
        self._tokens.drop(place)


def _size(config: ImageConfig) -> int:
    words = (*config.entrypoint, *config.command)
    return _OVERHEAD_BYTES + sum(len(word) * 4 + 64 for word in words)
