"""The reader of one image with one credential: manifest, platform, config.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
"""

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.manifests import (
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
from webhook.registry.repository import Repository
from webhook.registry.transport import Reply

Found = TypeVar("Found")
Large = Callable[[], AbstractContextManager[None]]
"""A function that returns a context manager for the time in which a large document is read and parsed."""

_MAX_NESTED = 8
_NO_HEAD = frozenset({Kind.INVALID_ANSWER, Kind.MANIFEST_UNKNOWN})
_SMALL_BYTES = 256 * 1024
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of documents in bytes."""

    manifest_bytes: int = 4 * 1024 * 1024
    config_bytes: int = 8 * 1024 * 1024


class ImageReader:
    """Reads the images of one repository."""

    def __init__(self, repository: Repository, limits: Limits, large: Large) -> None:
        self._repository = repository
        self._limits = limits
        self._large = large

    def read(self, tag_or_digest: str, platforms: Sequence[Platform]) -> ImageConfig:
        """Return the config for those of the platforms that the image has; raise RegistryFailure."""
        digest, document = self._manifest(tag_or_digest, self._limits.manifest_bytes)
        try:
            return self._image(digest, document, platforms)
        except RegistryFailure as failure:
            if failure.kind is not Kind.MANIFEST_UNKNOWN:
                raise
            raise RegistryFailure(Kind.INVALID_ANSWER, "a part of the image is missing") from None

    def _image(self, digest: str, document: Manifest | Index, platforms: Sequence[Platform]) -> ImageConfig:
        if isinstance(document, Manifest):
            return _single(digest, self._config(document.config), platforms)
        entries = self._flat(document)
        offered = [entry.platform for entry in entries]
        positions = {best_match(platform, offered) for platform in platforms} - {None}
        if not positions:
            raise RegistryFailure(Kind.NO_PLATFORM, ", ".join(map(str, platforms)))
        chosen = [entry for position, entry in enumerate(entries) if position in positions]
        return _agreed(digest, [self._config(self._child(entry).config) for entry in chosen])

    def current_digest(self, tag_or_digest: str) -> str | None:
        """Return the digest in the registry's answer to HEAD; None if it has none.

        Some registries do not support HEAD: then it is None too, and the image must be read. Raises RegistryFailure if
        the registry does not allow reading the image.
        """
        try:
            digest = self._repository.head(f"manifests/{tag_or_digest}").headers.get(
                "Docker-Content-Digest", ""
            )
        except RegistryFailure as failure:
            if failure.kind not in _NO_HEAD:
                raise
            return None
        if _DIGEST.fullmatch(tag_or_digest):
            return tag_or_digest
        return digest if _DIGEST.fullmatch(digest) else None

    def _flat(self, index: Index) -> list[Descriptor]:
        """Return the entries of the index, each nested index replaced by its own entries."""
        if sum(entry.is_index for entry in index.entries) > _MAX_NESTED:
            raise RegistryFailure(Kind.INVALID_ANSWER, f"an index holds more than {_MAX_NESTED} indexes")
        entries: list[Descriptor] = []
        for entry in index.entries:
            entries += self._nested(entry) if entry.is_index else [entry]
        return entries

    def _nested(self, entry: Descriptor) -> tuple[Descriptor, ...]:
        inner = self._described(entry)
        if isinstance(inner, Manifest) or any(child.is_index for child in inner.entries):
            raise RegistryFailure(Kind.INVALID_ANSWER, "indexes are nested too deeply, or one is a manifest")
        return inner.entries

    def _child(self, entry: Descriptor) -> Manifest:
        document = self._described(entry)
        if isinstance(document, Index):
            raise RegistryFailure(Kind.INVALID_ANSWER, "the answer is an index instead of a manifest")
        return document

    def _described(self, entry: Descriptor) -> Manifest | Index:
        if entry.size > self._limits.manifest_bytes:
            raise RegistryFailure(Kind.INVALID_ANSWER, "a manifest is too long")
        return self._manifest(entry.digest, entry.size, entry.size)[1]

    def _manifest(
        self, tag_or_digest: str, limit: int, size: int | None = None
    ) -> tuple[str, Manifest | Index]:
        def parse(reply: Reply) -> tuple[str, Manifest | Index]:
            digest = _verified(reply.body, tag_or_digest if ":" in tag_or_digest else "", size)
            return digest, parse_manifest(reply.body, reply.headers.get("Content-Type", ""))

        return self._document(f"manifests/{tag_or_digest}", limit, parse)

    def _config(self, descriptor: Descriptor) -> Config:
        if descriptor.size > self._limits.config_bytes:
            raise RegistryFailure(Kind.INVALID_ANSWER, "the image's configuration is too long")

        def parse(reply: Reply) -> Config:
            _verified(reply.body, descriptor.digest, descriptor.size)
            return parse_config(reply.body)

        return self._document(f"blobs/{descriptor.digest}", descriptor.size, parse)

    def _document(self, path: str, limit: int, parse: Callable[[Reply], Found]) -> Found:
        """Return the parsed document; large ones are read one at a time in this process, to bound its memory."""
        reply = self._repository.get(path, min(limit, _SMALL_BYTES))
        if reply.complete:
            return parse(reply)
        if limit > _SMALL_BYTES:
            with self._large():
                reply = self._repository.get(path, limit)
                if reply.complete:
                    return parse(reply)
        raise RegistryFailure(Kind.INVALID_ANSWER, f"{path.partition('/')[0]}: longer than {limit} bytes")


def _verified(content: bytes, digest: str, size: int | None) -> str:
    """Return the digest of the content; raise RegistryFailure if it is not the promised one."""
    found = digest_of(content, digest or "sha256:")
    if (digest and found != digest) or (size is not None and size != len(content)):
        raise RegistryFailure(Kind.INVALID_ANSWER, "the content does not match its digest and size")
    return found


def _single(digest: str, config: Config, platforms: Sequence[Platform]) -> ImageConfig:
    warnings: tuple[str, ...] = ()
    if all(best_match(platform, [config.platform]) is None for platform in platforms):
        warnings = (f"the image is for {config.platform}, which is not a platform of the pod",)
    return ImageConfig(config.entrypoint, config.command, digest, config.platform.os, warnings)


def _agreed(digest: str, configs: Sequence[Config]) -> ImageConfig:
    first = configs[0]
    if any((other.entrypoint, other.command) != (first.entrypoint, first.command) for other in configs):
        raise RegistryFailure(Kind.PLATFORMS_DIFFER, "the platforms' configurations differ")
    return ImageConfig(first.entrypoint, first.command, digest, first.platform.os)
