"""Files of a server's own container that the author of an object names: only regular ones are read, up to a size."""

import os
import stat
from pathlib import Path


def read_regular_file(path: str | Path, most_bytes: int) -> bytes:
    """Return the content; raise OSError if it is no regular file, ValueError if it is longer or the path is invalid.

    A device such as /dev/zero has no end, and the opening of some has an effect; a pipe, and some regular files of /proc,
    would block the reading thread.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(f"{path} is no regular file")
    content = b""
    with open(path, "rb", buffering=0, opener=_open_without_waiting) as file:
        while len(content) <= most_bytes and (piece := file.read(most_bytes + 1 - len(content))):
            content += piece
    if len(content) > most_bytes:
        raise ValueError(f"{path} is longer than {most_bytes} bytes")
    return content


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
