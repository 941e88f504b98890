"""Stamps of files, which are equal while the files do not change."""

import os

Stamp = tuple[tuple[int, int, int], ...]


def file_stamp(*files: str) -> Stamp:
    """Return the time of change, inode and size of each file; an empty stamp if one cannot be read."""
    try:
        return tuple((found.st_mtime_ns, found.st_ino, found.st_size) for found in map(os.stat, files))
    except OSError:
        return ()
