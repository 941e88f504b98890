"""Small files read whole, as bytes, without `open`, which the static executable's interpreter gets late."""

import posix


def read_file(path: str, limit: int) -> bytes:
    """Return the content of a file; raise OSError, also for a file of more than `limit` bytes."""
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
    """Return the error's text as Go prints it: `no such file or directory`."""
    return (error.strerror or "input/output error").lower()
