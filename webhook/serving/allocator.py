"""Memory that is given back (mallopt(3)).

glibc serves large blocks from mappings of their own, which go back to the system when they are freed; but each that is
freed raises the size from which it does so, and soon the bodies of many threads fragment the heaps of all. With a fixed
size they do not: 48 attacks of registries at once cost 20 MiB, and again 20 MiB the next time, instead of 40, 60 and 80.
"""

import ctypes

_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 128 * 1024


def give_back_large_blocks() -> None:
    """Have blocks above 128 KiB given back as soon as they are freed, where the C library is glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
