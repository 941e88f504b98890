"""buildah and skopeo, with a storage of their own: they make images and show their contents."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.servers.accounts import PULLER, PUSHER, Account
from tests.servers.registry import Registry


class Containers:
    """The two programs; `folder` holds their storage and the images."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        storage = folder / "storage.conf"
        storage.write_text(
            f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/storage"\n'
        )
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CONTAINERS_STORAGE_CONF": str(storage),
            "STORAGE_DRIVER": "vfs",
        }
        (folder / "file").write_text("content\n")

    def build(
        self,
        name: str,
        entrypoint: Sequence[str] = (),
        cmd: Sequence[str] = (),
        form: str = "oci",
        architecture: str = "amd64",
    ) -> Path:
        """Build an image `FROM scratch` with one file; return the folder it is in."""
        container = self._run("buildah", "from", "--arch", architecture, "scratch").strip()
        settings = ["--entrypoint", json.dumps(list(entrypoint))] if entrypoint else []
        settings += ["--cmd", json.dumps(list(cmd))] if cmd else []
        self._run("buildah", "copy", container, str(self._folder / "file"), "/file")
        if settings:
            self._run("buildah", "config", *settings, container)
        target = self._folder / "images" / name
        target.parent.mkdir(exist_ok=True)
        self._run("buildah", "commit", "--quiet", "--rm", "--format", form, container, f"dir:{target}")
        return target

    def push(self, image: Path, registry: Registry, name: str, *options: str) -> str:
        """Copy an image to a registry; return its reference."""
        reference = registry.reference(name)
        target = f"docker://{reference}"
        self._run(
            "skopeo", "copy", "--quiet", *options, *self._access(registry, "dest-"), f"dir:{image}", target
        )
        return reference

    def config(self, registry: Registry, reference: str, *options: str) -> dict[str, Any]:
        """Return the configuration of an image in a registry, as skopeo reads it."""
        access = self._access(registry, "", PULLER)
        printed = self._run("skopeo", *options, "inspect", "--config", *access, f"docker://{reference}")
        found: dict[str, Any] = json.loads(printed)
        return found

    def _access(self, registry: Registry, prefix: str, account: Account = PUSHER) -> list[str]:
        trust = self._folder / "trust"
        trust.mkdir(exist_ok=True)
        (trust / "ca.crt").write_bytes(registry.endpoint.ca_file.read_bytes())
        access = [f"--{prefix}cert-dir={trust}"]
        if registry.mode == "anonymous":
            return access
        return [*access, f"--{prefix}creds={account.name}:{account.password}"]

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stderr}"
        return done.stdout
