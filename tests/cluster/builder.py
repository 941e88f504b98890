"""The product's images, built from the Dockerfile by buildah without a public registry.

The base image is made from Debian's packages under the name that the Dockerfile gives it. What was built is kept in the
cache under a key of everything that goes into it. A build sees what this machine trusts, and outside of CI its compiled
interpreter; in CI it sees nothing else of this machine.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.cluster.storage import stacks_overlays
from tests.servers.build import BuildFailed, cache, exclusive
from tests.servers.images import Blob, Image
from vaultenv.native.build.cache import cache as compiled_launcher
from vaultenv.native.build.tools import follow

ROOT = Path(__file__).parents[2]
_IMAGES = 6
_TRUST = "--volume=/etc/ssl/certs:/etc/ssl/certs:ro"
_SOURCES = (
    "Dockerfile",
    ".dockerignore",
    "setup.cfg",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "vaultcsi",
    "vaultenv",
    "vaultkube",
    "vaultsync",
    "webhook",
)
_LONG_STAGES = {"vault-env": "interpreter", "webhook": "needs", "csi-provider": "needs-csi"}
"""For each target the stage that takes long and changes rarely. It is no parent of the image: only with a tag does it outlive `_forget`."""
TARGETS = tuple(_LONG_STAGES)
"""The product's images."""

_BASE = re.compile(
    r"^FROM\s+(?:--\S+\s+)*((?:docker\.io/(?:library/)?)?debian:(\w+)(?:-slim)?)\b", re.MULTILINE
)


def product_image(target: str) -> Image:
    """Return the image of that stage of the Dockerfile; raise BuildFailed."""
    folder = cache() / "images" / f"{target}-{_key(target)}"
    if not folder.exists():
        with exclusive("images"):
            if not folder.exists():
                _build(target, folder)
    os.utime(folder)  # the least recently used go first
    return from_layout(folder)


def run_in_stage(target: str, *command: str) -> str:
    """Return the output of the command in a new container of that stage, without a cache of this machine.

    Raises BuildFailed.
    """
    with exclusive("images"):
        _build_stage(target)
        container = _buildah("from", "--pull-never", f"localhost/{target}")
    try:
        return _buildah("run", "--isolation=chroot", _TRUST, container, "--", *command)
    finally:
        _buildah("rm", container)


def from_layout(folder: Path) -> Image:
    """The image in an OCI image layout (https://github.com/opencontainers/image-spec/blob/main/image-layout.md)."""

    def blob(descriptor: Mapping[str, str]) -> Blob:
        content = (folder / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
        return Blob(content, descriptor["mediaType"])

    descriptor = json.loads((folder / "index.json").read_text())["manifests"][0]
    manifest = blob(descriptor)
    parts = json.loads(manifest.content)
    config = json.loads(blob(parts["config"]).content)
    platform = {"architecture": config["architecture"], "os": config["os"]}
    return Image(manifest, tuple(map(blob, (parts["config"], *parts["layers"]))), platform)


def _key(target: str) -> str:
    key = hashlib.sha256(target.encode())
    for path in sorted(path for source in _SOURCES for path in _files(ROOT / source)):
        key.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return key.hexdigest()[:16]


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts]


def _build(target: str, folder: Path) -> None:
    started = time.monotonic()
    print(f"building the image {target} ...", file=sys.stderr, flush=True)
    compiled = f"--volume={compiled_launcher()}:/root/.cache/vault-webhook/native"
    for stage in (_LONG_STAGES[target], target):
        _build_stage(stage, *(() if os.environ.get("CI") else (compiled,)))
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}")
    _buildah("push", f"localhost/{target}", f"oci:{unfinished}:latest")
    unfinished.rename(folder)
    _forget(target)
    print(f"built the image {target} in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def _build_stage(target: str, *options: str) -> None:
    for name, suite in _BASE.findall((ROOT / "Dockerfile").read_text()):
        _make_base(name, suite)
    limit = "--ulimit=nofile=8192:8192"  # as the Dockerfile says
    options = ("--isolation=chroot", "--pull-never", "--layers", limit, _TRUST, *options)
    _buildah(
        "build", *options, f"--target={target}", f"--tag={target}", f"--file={ROOT / 'Dockerfile'}", str(ROOT)
    )


def _forget(target: str) -> None:
    """Remove images of earlier sources: dangling ones, and all but the last used images of this target."""
    _buildah("rmi", "--prune", "--force")
    folders = sorted((cache() / "images").glob(f"{target}-*"), key=lambda folder: folder.stat().st_mtime)
    for folder in folders[:-_IMAGES]:
        shutil.rmtree(folder)


def _make_base(name: str, suite: str) -> None:
    if _buildah("images", "--quiet", name, check=False):
        return
    archive = cache() / "images" / f"{suite}.tar"
    if not archive.exists():
        archive.parent.mkdir(parents=True, exist_ok=True)
        unfinished = archive.with_name(f".{suite}.tar")
        _run(
            [
                "mmdebstrap",
                "--quiet",
                "--variant=minbase",
                "--include=ca-certificates",
                suite,
                str(unfinished),
            ]
        )
        unfinished.rename(archive)
    container = _buildah("from", "scratch")
    _buildah("add", "--quiet", container, str(archive), "/")
    _buildah("commit", "--quiet", "--rm", container, name)


def _buildah(*arguments: str, check: bool = True) -> str:
    """Run buildah with a store of its own, and return its standard output."""
    store = cache() / "images" / "store"
    store.mkdir(parents=True, exist_ok=True)
    driver = "overlay" if stacks_overlays(store) else "vfs"
    places = [f"--root={store / 'root'}", f"--runroot={store / 'run'}", f"--storage-driver={driver}"]
    policy = store / "policy.json"
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    options = [f"--signature-policy={policy}"] if arguments[0] in ("build", "push", "commit") else []
    return _run(["buildah", *places, arguments[0], *options, *arguments[1:]], check)


def _run(command: Sequence[str], check: bool = True) -> str:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=_environment()) as process:
        output, errors = follow(process, command[0])
    if check and process.returncode:
        raise BuildFailed(f"{' '.join(command)} failed:\n{output[-2000:]}{errors[-2000:]}")
    return output.strip()


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "BUILDAH_FORMAT": "oci"}
