"""Parsers of manifests, indexes and image configs, for the few facts that the webhook needs.

https://github.com/opencontainers/image-spec (manifest.md, image-index.md, config.md); Docker's schema 2 has
the same members under other media types.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from webhook.registry.documents import InvalidDocument, member, parse_document
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.platforms import DEFAULT_PLATFORM, Platform

MANIFEST_TYPES = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    }
)
INDEX_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
CONFIG_TYPES = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
        "application/octet-stream",  # of images that an old docker has pushed (distribution#1622): nodes run them
    }
)
_ALL_TYPES = (*sorted(MANIFEST_TYPES), *sorted(INDEX_TYPES))
ACCEPT = ", ".join(_ALL_TYPES)
_MAX_ENTRIES = 1000
_MAX_WORDS, _MAX_COMMAND_BYTES = 256, 128 * 1024
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_REMOVED = ("",)
"""The value of `ENTRYPOINT [""]`, which removes that of the base image: docker and containerd run only the command."""
_ATTESTATION = "vnd.docker.reference.type"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """The digest and size of a content; `platform` is for entries of an index."""

    media_type: str
    digest: str
    size: int
    platform: Platform = DEFAULT_PLATFORM

    @property
    def is_index(self) -> bool:
        """Return whether the media type is that of an index."""
        return self.media_type in INDEX_TYPES


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of one image; only its config matters here."""

    config: Descriptor


@dataclass(frozen=True, slots=True)
class Index:
    """The images for several platforms, without attestations and artifacts.

    Those that name a platform are first, as nodes prefer them.
    """

    entries: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """Entry point, command and platform of an image."""

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    platform: Platform


def digest_of(content: bytes, like: str = "sha256:") -> str:
    """Return the digest of `content`, by the algorithm of the digest `like`."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def parse_manifest(content: bytes, content_type: str) -> Manifest | Index:
    """Return the manifest or index, identified by its own mediaType, else by the header, else by its members.

    Raises RegistryFailure: INVALID_ANSWER for malformed or ambiguous bytes (CVE-2021-41190), NOT_AN_IMAGE for
    artifacts and schema 1.
    """
    try:
        document = parse_document(content)
        if member(document, "schemaVersion") == 1:
            raise RegistryFailure(Kind.NOT_AN_IMAGE, "the manifest is of schema 1")
        is_index = _is_index(document, content_type)
        return _index(document) if is_index else _manifest(document)
    except InvalidDocument as error:
        raise RegistryFailure(Kind.INVALID_ANSWER, f"manifest: {error}") from None


def parse_config(content: bytes) -> Config:
    """Return the needed parts of an image config; raise RegistryFailure (INVALID_ANSWER)."""
    try:
        document = parse_document(content)
        settings = member(document, "config")
        if settings is None:
            settings = {}
        if not isinstance(settings, Mapping):
            raise InvalidDocument("`config` is not an object")
        entrypoint, command = _words(settings, "Entrypoint"), _words(settings, "Cmd")
        return Config(() if entrypoint == _REMOVED else entrypoint, command, _platform(document))
    except InvalidDocument as error:
        raise RegistryFailure(Kind.INVALID_ANSWER, f"image configuration: {error}") from None


def _is_index(document: Mapping[str, object], content_type: str) -> bool:
    own = member(document, "mediaType")
    if own is not None and own not in _ALL_TYPES:
        raise RegistryFailure(Kind.NOT_AN_IMAGE, "the manifest has a type of its own")
    entries = member(document, "manifests") is not None
    content = any(member(document, name) is not None for name in ("config", "layers", "fsLayers"))
    if entries == content:
        raise InvalidDocument("it has the members of an index and of a manifest, or of neither")
    declared = own or content_type.partition(";")[0].strip().lower()
    if declared in _ALL_TYPES and (str(declared) in INDEX_TYPES) != entries:
        raise InvalidDocument("its type does not fit its members")
    return entries


def _manifest(document: Mapping[str, object]) -> Manifest:
    config = _descriptor(member(document, "config"))
    if config.media_type not in CONFIG_TYPES:
        raise RegistryFailure(Kind.NOT_AN_IMAGE, "the configuration is not that of an image")
    return Manifest(config)


def _index(document: Mapping[str, object]) -> Index:
    entries = member(document, "manifests")
    if not isinstance(entries, list) or len(entries) > _MAX_ENTRIES:
        raise InvalidDocument(f"`manifests` is not a list of up to {_MAX_ENTRIES} entries")
    images = sorted(filter(_is_image, entries), key=lambda entry: member(entry, "platform") is None)
    return Index(tuple(map(_descriptor, images)))


def _is_image(entry: object) -> bool:
    if not isinstance(entry, Mapping):
        raise InvalidDocument("an entry of `manifests` is not an object")
    annotations, platform = member(entry, "annotations"), member(entry, "platform")
    if isinstance(annotations, Mapping) and _ATTESTATION in annotations:
        return False
    if isinstance(platform, Mapping) and "unknown" in (platform.get("os"), platform.get("architecture")):
        return False
    return member(entry, "mediaType") in _ALL_TYPES


def _descriptor(entry: object) -> Descriptor:
    if not isinstance(entry, Mapping):
        raise InvalidDocument("a descriptor is not an object")
    media_type, digest, size = (member(entry, name) for name in ("mediaType", "digest", "size"))
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise InvalidDocument("a digest is not sha256 or sha512")
    if type(size) is not int or size < 0:
        raise InvalidDocument("a size is not a number of bytes")
    platform = member(entry, "platform")
    return Descriptor(str(media_type), digest, size, _platform({} if platform is None else platform))


def _platform(value: object) -> Platform:
    if not isinstance(value, Mapping):
        raise InvalidDocument("`platform` is not an object")
    parts = (member(value, name) for name in ("os", "architecture", "variant"))
    os, architecture, variant = (part if isinstance(part, str) else "" for part in parts)
    return Platform(os.lower() or "linux", architecture.lower() or "amd64", variant.lower())


def _words(settings: Mapping[str, object], name: str) -> tuple[str, ...]:
    words = member(settings, name)
    if words is None:
        return ()
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise InvalidDocument(f"`{name}` is not a list of texts")
    if len(words) > _MAX_WORDS or sum(map(len, words)) > _MAX_COMMAND_BYTES:
        raise InvalidDocument(f"`{name}` is too long")
    if any("\0" in word or _unencodable(word) for word in words):
        raise InvalidDocument(f"`{name}` has characters that no command line can hold")
    return tuple(words)


def _unencodable(word: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in word)
