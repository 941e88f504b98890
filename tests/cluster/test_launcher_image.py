"""The launcher's image holds only the executable that the other tests run."""

import io
import json
import tarfile
from pathlib import Path

from tests.servers.images import Image
from vaultenv.native.build.architecture import native
from vaultenv.native.build.build import build

FILE, LINK = "vault-env", "usr/local/bin/vault-env"


def test_the_image_is_the_static_file_and_nothing_else(launcher_image: Image, tmp_path: Path) -> None:
    """A build in a container from the same pins has the same bytes; init containers find it by a link."""
    config, *layers = launcher_image.blobs
    build(native(), tmp_path / FILE)
    found: dict[str, object] = {}
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer.content)) as opened:
            for member in opened:
                if content := opened.extractfile(member) if member.isfile() else None:
                    found[member.name] = (member.mode & 0o7777, content.read())
                elif not member.isdir():
                    found[member.name] = member.linkname
    assert found == {FILE: (0o555, (tmp_path / FILE).read_bytes()), LINK: f"../../../{FILE}"}
    started = json.loads(config.content)["config"]
    assert started["Entrypoint"] == [f"/{FILE}"]
    assert started["User"] == "65534:65534"
