"""Images made in memory: OCI or Docker manifests over one layer, from a table of files.

https://github.com/opencontainers/image-spec
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Format = Literal["oci", "docker"]

_TYPES: Mapping[Format, Mapping[str, str]] = {
    "oci": {
        "index": "application/vnd.oci.image.index.v1+json",
        "manifest": "application/vnd.oci.image.manifest.v1+json",
        "config": "application/vnd.oci.image.config.v1+json",
        "layer": "application/vnd.oci.image.layer.v1.tar",
    },
    "docker": {
        "index": "application/vnd.docker.distribution.manifest.list.v2+json",
        "manifest": "application/vnd.docker.distribution.manifest.v2+json",
        "config": "application/vnd.docker.container.image.v1+json",
        "layer": "application/vnd.docker.image.rootfs.diff.tar",
    },
}


@dataclass(frozen=True, slots=True)
class File:
    """A file in a layer; parent folders come with it."""

    content: bytes
    mode: int = 0o755


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link in a layer."""

    target: str


@dataclass(frozen=True, slots=True)
class Folder:
    """An empty folder in a layer."""

    mode: int = 0o755


Entry = File | Link | Folder
Root = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes with the media type that a manifest gives them."""

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """`sha256:` and 64 hex digits."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def descriptor(self) -> dict[str, object]:
        """Return the descriptor of the blob for a manifest."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.content)}


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest and its blobs."""

    manifest: Blob
    blobs: tuple[Blob, ...]
    platform: Mapping[str, str]

    @property
    def digest(self) -> str:
        """The manifest's."""
        return self.manifest.digest


@dataclass(frozen=True, slots=True)
class Index:
    """Images of several platforms under one name."""

    manifest: Blob
    images: tuple[Image, ...]

    @property
    def digest(self) -> str:
        """The index's own."""
        return self.manifest.digest


def image(
    root: Root | None = None,
    *,
    entrypoint: Sequence[str] | None = None,
    cmd: Sequence[str] | None = None,
    environment: Sequence[str] = (),
    user: str = "",
    working_dir: str = "",
    architecture: str = "amd64",
    variant: str = "",
    form: Format = "oci",
) -> Image:
    """Make an image with one layer of `root` (path: File, Link or Folder)."""
    settings = {
        "Entrypoint": None if entrypoint is None else list(entrypoint),
        "Cmd": None if cmd is None else list(cmd),
        "Env": list(environment) or None,
        "User": user or None,
        "WorkingDir": working_dir or None,
    }
    types = _TYPES[form]
    layer = Blob(layer_tar(root or {}), types["layer"])
    platform = {"architecture": architecture, "os": "linux"} | ({"variant": variant} if variant else {})
    content = {
        **platform,
        "config": {key: value for key, value in settings.items() if value is not None},
        "rootfs": {"type": "layers", "diff_ids": [layer.digest]},
    }
    config = _json(content, types["config"])
    body = {
        "schemaVersion": 2,
        "mediaType": types["manifest"],
        "config": config.descriptor,
        "layers": [layer.descriptor],
    }
    return Image(_json(body, types["manifest"]), (config, layer), platform)


def index(*images: Image, form: Format = "oci") -> Index:
    """Make an image index (Docker's manifest list) of the images, each under its platform."""
    children = [{**child.manifest.descriptor, "platform": dict(child.platform)} for child in images]
    media_type = _TYPES[form]["index"]
    return Index(
        _json({"schemaVersion": 2, "mediaType": media_type, "manifests": children}, media_type), images
    )


def layer_tar(root: Root) -> bytes:
    """Return a tar file of `root`: the same input gives the same bytes."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, entry in sorted(_with_parents(root).items()):
            _add(archive, path, entry)
    return output.getvalue()


def _with_parents(root: Root) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for path, entry in root.items():
        parts = path.strip("/").split("/")
        for depth in range(1, len(parts)):
            entries.setdefault("/".join(parts[:depth]), Folder())
        entries["/".join(parts)] = entry
    return entries


def _add(archive: tarfile.TarFile, path: str, entry: Entry) -> None:
    member = tarfile.TarInfo(path)
    match entry:
        case File(content, mode):
            member.size, member.mode = len(content), mode
            archive.addfile(member, io.BytesIO(content))
        case Link(target):
            member.type, member.linkname, member.mode = tarfile.SYMTYPE, target, 0o777
            archive.addfile(member)
        case Folder(mode):
            member.type, member.mode = tarfile.DIRTYPE, mode
            archive.addfile(member)


def _json(content: object, media_type: str) -> Blob:
    return Blob(json.dumps(content, sort_keys=True).encode(), media_type)
