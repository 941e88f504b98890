"""The files in memory from which the webhook's workers read the certificate and the segments of the path."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the workers, which are forked with this module, need no cryptography
    from webhook.certificates.state import State


class Files:
    """Writes two files, each atomically and only if it changes.

    `pem` holds key and chain, `segments` the path's segments.
    """

    def __init__(self, parent: Path) -> None:
        """Make the folder in `parent`, readable by this user only.

        `parent` is in memory, and is removed when its processes have ended.
        """
        folder = parent / "tls"
        folder.mkdir(mode=0o700)
        self.pem, self.segments = folder / "tls.pem", folder / "path-segments"

    def write(self, state: "State") -> bool:
        """Write the certificate and the segments that a replica serves in this state; return whether a file changed.

        Segments are written first: all segments of a new path must be known when the API server calls it. The file of a
        part that the state lacks stays, as the workers need it.
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
