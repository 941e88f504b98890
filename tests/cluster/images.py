"""Images for pods of the tests, made from files of this machine."""

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tests.servers.images import Entry, File, Folder, Image, Link, Root, image

_BUSYBOX = Path("/bin/busybox")  # Debian's busybox-static
_APPLETS = (
    *("sh", "cat", "cp", "date", "echo", "env", "grep", "head", "id", "ls", "mount", "nc", "nslookup"),
    *("printf", "ps", "sleep", "stat", "touch", "tr", "true", "wget"),
)
_SHOW = Path(__file__).with_name("show.c")

Library = Literal["none", "glibc", "musl"]

_COMPILERS: Mapping[Library, Sequence[str]] = {
    "none": ["gcc", "-static"],
    "glibc": ["gcc"],
    "musl": ["musl-gcc"],
}


def pause() -> Image:
    """An image for the sandbox of a pod; its program sleeps until it is killed."""
    return image(
        {"bin/busybox": File(_BUSYBOX.read_bytes())}, entrypoint=["/bin/busybox", "sleep", "infinity"]
    )


def shell(**settings: Any) -> Image:
    """A small system with a shell, without C library, certificates or users, as in the usual minimal images."""
    applets = {f"bin/{name}": Link("busybox") for name in _APPLETS}
    root: Root = {"bin/busybox": File(_BUSYBOX.read_bytes()), **applets, "tmp": Folder(0o1777)}
    return image(root, **{"cmd": ["sh"], "environment": ["PATH=/bin"], **settings})


def show(library: Library, **settings: Any) -> Image:
    """Return an image with only the program /show and its C library."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "show")
        subprocess.run([*_COMPILERS[library], "-Os", "-o", program, _SHOW], check=True)
        root: dict[str, Entry] = {"show": File(program.read_bytes()), **_libraries(library, program)}
    return image(root, **{"entrypoint": ["/show"], **settings})


def _libraries(library: Library, program: Path) -> dict[str, Entry]:
    """Return the dynamic loader and the libraries under the paths that the program uses."""
    if library == "none":
        return {}
    if library == "musl":  # its loader is the library
        headers = subprocess.run(
            ["readelf", "-l", program], capture_output=True, text=True, check=True
        ).stdout
        found = re.findall(r"interpreter: (\S+)]", headers)
    else:
        found = re.findall(
            r"(/\S+) \(0x", subprocess.run(["ldd", program], capture_output=True, text=True).stdout
        )
    return {name: File(Path(name).read_bytes()) for name in found}
