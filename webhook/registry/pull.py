"""Reading one image with one credential: manifest, platform, configuration.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
"""

from collections.abc import Sequence
from dataclasses import dataclass

from webhook.deadline import Deadline
from webhook.registry.authorization import Asker, Authorizer, Subject, Token
from webhook.registry.challenge import parse_challenges
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.manifests import (
    ACCEPT,
    Config,
    Descriptor,
    Index,
    Manifest,
    digest_of,
    parse_config,
    parse_manifest,
)
from webhook.registry.platforms import Platform, best_match
from webhook.registry.query import ImageConfig
from webhook.registry.reference import ImageReference
from webhook.registry.transport import Reply, Request

_MAX_NESTED = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """How many bytes of a document are read."""

    manifest_bytes: int = 4 * 1024 * 1024
    config_bytes: int = 8 * 1024 * 1024


class Pull:
    """One image, one credential, one deadline."""

    def __init__(
        self,
        asker: Asker,
        authorizer: Authorizer,
        reference: ImageReference,
        subject: Subject,
        limits: Limits,
        deadline: Deadline,
    ) -> None:
        self._asker = asker
        self._authorizer = authorizer
        self._reference = reference
        self._subject = subject
        self._limits = limits
        self._deadline = deadline
        self._token: Token | None = None

    def read(self, platforms: Sequence[Platform]) -> ImageConfig:
        """Return what the image runs on each of the platforms that it is made for; raise RegistryFailure."""
        digest, document = self._manifest(self._reference.wanted, self._limits.manifest_bytes)
        if isinstance(document, Manifest):
            return _agreed(digest, [self._config(document.config)])
        entries = self._flat(document)
        offered = [entry.platform for entry in entries]
        places = {best_match(platform, offered) for platform in platforms} - {None}
        if not places:
            raise RegistryFailure(Kind.NO_PLATFORM, "no entry of the index is for a wanted platform")
        chosen = [entry for place, entry in enumerate(entries) if place in places]
        return _agreed(digest, [self._config(self._child(entry).config) for entry in chosen])

    def _flat(self, index: Index) -> list[Descriptor]:
        """The index's entries, with those of an index in it in its place."""
        entries: list[Descriptor] = []
        nested = [entry for entry in index.entries if entry.is_index]
        if len(nested) > _MAX_NESTED:
            raise RegistryFailure(Kind.INVALID_ANSWER, f"an index holds more than {_MAX_NESTED} indexes")
        for entry in index.entries:
            entries += self._nested(entry) if entry.is_index else [entry]
        return entries

    def _nested(self, entry: Descriptor) -> list[Descriptor]:
        _, inner = self._manifest(entry.digest, min(entry.size, self._limits.manifest_bytes), entry.size)
        if isinstance(inner, Manifest) or any(child.is_index for child in inner.entries):
            raise RegistryFailure(Kind.INVALID_ANSWER, "indexes are nested too deeply, or one is none")
        return list(inner.entries)

    def _child(self, entry: Descriptor) -> Manifest:
        _, document = self._manifest(entry.digest, min(entry.size, self._limits.manifest_bytes), entry.size)
        if isinstance(document, Index):
            raise RegistryFailure(Kind.INVALID_ANSWER, "an index stands where a manifest is promised")
        return document

    def _manifest(self, wanted: str, limit: int, size: int | None = None) -> tuple[str, Manifest | Index]:
        reply = self._get(f"manifests/{wanted}", limit)
        digest = _verified(reply.body, wanted if ":" in wanted else "", size)
        return digest, parse_manifest(reply.body, reply.headers.get("Content-Type", ""))

    def _config(self, descriptor: Descriptor) -> Config:
        if descriptor.size > self._limits.config_bytes:
            raise RegistryFailure(Kind.INVALID_ANSWER, "the image's configuration is too long")
        reply = self._get(f"blobs/{descriptor.digest}", descriptor.size)
        _verified(reply.body, descriptor.digest, descriptor.size)
        return parse_config(reply.body)

    def _get(self, path: str, limit: int) -> Reply:
        reply = self._asker.ask(self._request(path, limit), self._deadline)
        if reply.status == 401:
            challenges = parse_challenges(reply.challenges)
            self._token = self._authorizer.answer(challenges, self._subject, self._deadline)
            reply = self._asker.ask(self._request(path, limit), self._deadline)
        if reply.status in (401, 403):
            raise RegistryFailure(Kind.UNAUTHORIZED, f"the registry answered {reply.status}")
        if reply.status == 404:
            raise RegistryFailure(Kind.MANIFEST_UNKNOWN, "the registry answered 404")
        if reply.status != 200:
            raise RegistryFailure(Kind.INVALID_ANSWER, f"the registry answered {reply.status}")
        return reply

    def _request(self, path: str, limit: int) -> Request:
        headers = {"Accept": ACCEPT if path.startswith("manifests/") else "*/*"}
        if self._token:
            headers["Authorization"] = self._token.header
        url = f"{self._subject.scheme}://{self._subject.registry}/v2/{self._reference.repository}/{path}"
        return Request("GET", url, limit, headers, verify=self._subject.verify)


def _verified(content: bytes, digest: str, size: int | None) -> str:
    """The digest of the content, which must be the promised one where there is one."""
    found = digest_of(content, digest or "sha256:")
    if (digest and found != digest) or (size is not None and size != len(content)):
        raise RegistryFailure(Kind.INVALID_ANSWER, "the content is not what its digest and size promise")
    return found


def _agreed(digest: str, configs: Sequence[Config]) -> ImageConfig:
    first = configs[0]
    if any((other.entrypoint, other.command) != (first.entrypoint, first.command) for other in configs):
        raise RegistryFailure(Kind.PLATFORMS_DIFFER, "the platforms' configurations differ")
    return ImageConfig(first.entrypoint, first.command, digest, first.platform.os)
