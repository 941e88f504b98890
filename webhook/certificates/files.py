"""The files that the webhook's workers read the certificate and the path's segments from, in a folder of this process's own."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the workers, which are forked where this is imported, need nothing of cryptography
    from webhook.certificates.state import State

_PREFIX = "vault-webhook-tls-"


class Files:
    """`pem` holds key and chain, `segments` the path's segments; each is written whole, and when it has changed."""

    def __init__(self, parent: str) -> None:
        """Make the folder in `parent`, which should be in memory; where there is none, in the system's temporary folder."""
        where = parent if os.path.isdir(parent) else tempfile.gettempdir()
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=where))
        self.pem, self.segments = self.folder / "tls.pem", self.folder / "path-segments"

    def write(self, state: "State") -> bool:
        """Write what a replica serves in this state, and return whether that was another before.

        Segments come first: none of a new path may be missing when the API server calls it.
        """
        lines = "".join(f"{segment}\n" for segment in state.segments).encode("ascii")
        changed = _write(self.segments, lines)
        return _write(self.pem, state.current.pem()) or changed if state.current else changed

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _write(file: Path, text: bytes) -> bool:
    if file.is_file() and file.read_bytes() == text:
        return False
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "wb") as writing:
        writing.write(text)
    os.replace(name, file)
    return True
