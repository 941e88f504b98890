"""Manifests and indexes that the specifications allow, but usual tools do not make."""

import json
from typing import Any

from tests.servers.images import Blob, Image, Index, image
from tests.servers.registry import Registry
from webhook.registry.manifests import CONFIG_TYPES

INDEX = "application/vnd.oci.image.index.v1+json"


def without_media_type(made: Image) -> Image:
    """Return the same image with a manifest that lacks its media type."""
    return Image(_changed(made.manifest, drop=("mediaType",)), made.blobs, made.platform)


def artifact(media_type: str = "application/vnd.cncf.helm.config.v1+json") -> Image:
    """Something whose configuration is not that of an image."""
    assert media_type not in CONFIG_TYPES
    made = image(cmd=["never"])
    config = {**made.blobs[0].descriptor, "mediaType": media_type}
    return Image(_changed(made.manifest, config=config), made.blobs, made.platform)


def index_of(*children: Image | Index, platforms: tuple[dict[str, str] | None, ...], **changes: Any) -> Blob:
    """An index in which each child has the platform given, or none."""
    entries = [
        {**child.manifest.descriptor, **({"platform": platform} if platform else {})}
        for child, platform in zip(children, platforms, strict=True)
    ]
    return _changed(
        Blob(json.dumps({"schemaVersion": 2, "mediaType": INDEX}).encode(), INDEX),
        manifests=entries,
        **changes,
    )


def push_index(registry: Registry, name: str, index: Blob, *children: Image) -> str:
    """Push images by digest and an index of them; return its reference."""
    repository, _, tag = name.partition(":")
    for child in children:
        for blob in child.blobs:
            registry.put_blob(repository, blob)
        registry.put_manifest(repository, child.digest, child.manifest)
    registry.put_manifest(repository, tag, index)
    return registry.reference(name)


def _changed(document: Blob, drop: tuple[str, ...] = (), **members: Any) -> Blob:
    content = {**json.loads(document.content), **members}
    for name in drop:
        del content[name]
    return Blob(json.dumps(content).encode(), document.media_type)
