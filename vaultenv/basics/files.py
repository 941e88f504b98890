"""Whole small files as bytes, without the `open` that an interpreter gets late."""

import posix


def read_file(path: str, limit: int) -> bytes:
    """The content of a file; raises OSError, also for a file with more than `limit` bytes."""
    descriptor = posix.open(path.encode("utf-8"), posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        chunks = []
        while chunk := posix.read(descriptor, 65536):
            chunks.append(chunk)
            limit -= len(chunk)
            if limit < 0:
                raise OSError(27, "file too large", path)
        return b"".join(chunks)
    finally:
        posix.close(descriptor)


def reason(error: OSError) -> str:
    """The error's text as Go prints it: `no such file or directory`."""
    return (error.strerror or "input/output error").lower()
