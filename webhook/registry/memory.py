"""The cache of images and of access to them: two layers, because knowing a digest is not a permission.

*Content* is the config of a digest. It is stored per repository: otherwise a registry could claim the digest of
somebody else's image, and get that image's config. *Access* is a registry's answer to a credential; it expires soon,
and counts only for the same credential.
"""

import hashlib
import hmac
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from vaultkube.documents.utf8 import utf8
from webhook.registry.authorization import Token
from webhook.registry.credentials import Credential
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.lru import ExpiringLRU
from webhook.registry.platforms import Platform
from webhook.registry.query import ImageConfig

_NO_END_S = 365 * 86400.0
_DIGEST_LIFE_S = 600.0
_REFUSED_S = 15.0
_BROKEN_S = 60.0
_TOKEN_LIFE_S = 300.0
_TOKEN_MARGIN_S = 10.0
_OVERHEAD_BYTES = 1024
_REFUSALS = frozenset({Kind.UNAUTHORIZED, Kind.MANIFEST_UNKNOWN, Kind.FORBIDDEN_REALM})


@dataclass(frozen=True, slots=True)
class CacheScope:
    """A repository of a registry with the fingerprint of one credential; an answer counts only in its own scope."""

    registry: str
    repository: str
    fingerprint: bytes
    verified: bool


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A tag or digest in a scope, for some platforms."""

    scope: CacheScope
    tag_or_digest: str
    platforms: tuple[Platform, ...]


@dataclass(frozen=True, slots=True)
class _ContentKey:
    registry: str
    repository: str
    digest: str
    platforms: tuple[Platform, ...]


class Memory:
    """The cache of one process; none of it is written to a disk."""

    def __init__(
        self, max_bytes: int, tag_life_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tag_life_s = tag_life_s
        self._secret = os.urandom(32)
        eighth = max_bytes // 8
        self._content: ExpiringLRU[_ContentKey, ImageConfig] = ExpiringLRU(2 * eighth, clock)
        self._answers: ExpiringLRU[AccessKey, ImageConfig | RegistryFailure] = ExpiringLRU(2 * eighth, clock)
        self._tokens: ExpiringLRU[CacheScope, Token] = ExpiringLRU(2 * eighth, clock)
        self._tags: ExpiringLRU[tuple[str, str, str], str] = ExpiringLRU(eighth, clock)
        self._throttled: ExpiringLRU[tuple[str, bytes], RegistryFailure] = ExpiringLRU(eighth, clock)

    def fingerprint(self, credential: Credential) -> bytes:
        """Return a keyed hash, which distinguishes credentials and reveals nothing of them."""
        parts = (credential.username, credential.password, credential.identity_token)
        text = utf8("\0".join(f"{len(part)}:{part}" for part in parts))
        return b"" if credential.anonymous else hmac.digest(self._secret, text, hashlib.sha256)

    def answer(self, key: AccessKey, *, fresh: bool) -> ImageConfig | None:
        """Return the registry's last answer, or None; with `fresh`, also None if it may have changed since.

        Raises the RegistryFailure of the last answer. A registry with a pull limit gets no further requests, but its
        earlier answers still count.
        """
        found = self._answers.get(key)
        if isinstance(found, RegistryFailure):
            raise found.copy()
        if found and not fresh:
            return found
        limited = self._throttled.get((key.scope.registry, key.scope.fingerprint))
        if limited:
            raise limited.copy()
        return None

    def store_answer(self, key: AccessKey, config: ImageConfig) -> None:
        """Store a verified answer."""
        by_digest, size = ":" in key.tag_or_digest, _size(config)
        scope = key.scope
        self._answers.put(key, config, _DIGEST_LIFE_S if by_digest else self._tag_life_s, size)
        content = _ContentKey(scope.registry, scope.repository, config.digest, key.platforms)
        self._content.put(content, config, _NO_END_S, size)
        self._tags.put(
            (scope.registry, scope.repository, key.tag_or_digest), config.digest, _NO_END_S, _OVERHEAD_BYTES
        )

    def store_failure(self, key: AccessKey, failure: RegistryFailure) -> None:
        """Store a failure, unless it may be over at once."""
        if failure.kind is Kind.TOO_MANY_REQUESTS:
            scope = (key.scope.registry, key.scope.fingerprint)
            self._throttled.put(scope, failure.copy(), failure.retry_after_s, _OVERHEAD_BYTES)
        elif failure.kind in _REFUSALS:
            self._answers.put(key, failure.copy(), _REFUSED_S, _OVERHEAD_BYTES)
        elif failure.kind is not Kind.UNREACHABLE and failure.kind is not Kind.UNTRUSTED_CERTIFICATE:
            life_s = _BROKEN_S if ":" in key.tag_or_digest else _REFUSED_S
            self._answers.put(key, failure.copy(), life_s, _OVERHEAD_BYTES)

    def last_digest(self, key: AccessKey) -> str | None:
        """Return the digest that was last read for this tag; the registry must still confirm it."""
        return self._tags.get((key.scope.registry, key.scope.repository, key.tag_or_digest))

    def content(self, key: AccessKey, digest: str) -> ImageConfig | None:
        """Return the config of the digest; call it only after the registry has granted this access."""
        scope = key.scope
        return self._content.get(_ContentKey(scope.registry, scope.repository, digest, key.platforms))

    def token(self, scope: CacheScope) -> Token | None:
        """Return the last token that was accepted in this scope."""
        return self._tokens.get(scope)

    def store_token(self, scope: CacheScope, token: Token) -> None:
        """Store a token for most of its life."""
        life_s = min(token.life_s - _TOKEN_MARGIN_S, _TOKEN_LIFE_S)
        self._tokens.put(scope, token, life_s, len(token.header) + _OVERHEAD_BYTES)

    def drop_token(self, scope: CacheScope) -> None:
        """Remove a token that was refused."""
        self._tokens.drop(scope)


def _size(config: ImageConfig) -> int:
    words = (*config.entrypoint, *config.command)
    return _OVERHEAD_BYTES + sum(len(word) * 4 + 64 for word in words)
