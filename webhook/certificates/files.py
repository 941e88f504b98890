"""The files that the webhook's workers read the certificate and the path's segments from, in memory."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the workers, which are forked where this is imported, need nothing of cryptography
    from webhook.certificates.state import State


class Files:
    """`pem` holds key and chain, `segments` the path's segments; each is written whole, and when it has changed."""

    def __init__(self, parent: Path) -> None:
        """Make the folder in `parent`, which is in memory, for this user alone, and removed when its processes have ended."""
        folder = parent / "tls"
        folder.mkdir(mode=0o700)
        self.pem, self.segments = folder / "tls.pem", folder / "path-segments"

    def write(self, state: "State") -> bool:
        """Write what a replica serves in this state, and return whether that was another before.

        Segments come first: none of a new path may be missing when the API server calls it. A state without a part leaves
        its file, as the workers cannot do without.
        """
        lines = "".join(f"{segment}\n" for segment in state.segments).encode("ascii")
        changed = bool(lines) and _write(self.segments, lines)
        return _write(self.pem, state.current.pem()) or changed if state.current else changed


def _write(file: Path, text: bytes) -> bool:
    if file.is_file() and file.read_bytes() == text:
        return False
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "wb") as writing:
        writing.write(text)
    os.replace(name, file)
    return True
