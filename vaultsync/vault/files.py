"""Files of the operator's container that custom objects name: read only as far as a certificate or a SecretID is long."""

import os
import stat

_LONGEST_BYTES = 1 << 20


def read_file(path: str) -> bytes:
    """Return the content of a regular file; raise OSError for any other, ValueError for a longer one or a path that is none.

    A device such as /dev/zero has no end, and a pipe would hold the thread that reads it.
    """
    with open(path, "rb", opener=_without_waiting) as file:  # a Path opens without an opener
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{path} is no regular file")
        content = file.read(_LONGEST_BYTES + 1)
    if len(content) > _LONGEST_BYTES:
        raise ValueError(f"{path} is longer than {_LONGEST_BYTES} bytes")
    return content


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
