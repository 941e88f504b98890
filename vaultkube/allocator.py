"""Settings of glibc's allocator (mallopt(3)) that return memory to the system; without effect on other C libraries.

glibc puts a large block into a mapping of its own, which is returned to the system when the block is freed. But each
freed block raises the size that counts as large, and soon the bodies of many threads fragment the heaps. A fixed size
prevents that: 48 attacks of registries at once need 20 MiB, and 20 MiB again the next time, instead of 40, 60 and 80.
"""

import ctypes

_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE_BYTES = 128 * 1024
_HEAPS = 2


def give_back_large_blocks() -> None:
    """Return blocks above 128 KiB to the system as soon as they are freed."""
    _mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def share_heaps() -> None:
    """Limit the number of heaps; by default glibc creates up to eight for each processor, and each one fragments."""
    _mallopt(_M_ARENA_MAX, _HEAPS)


def _mallopt(parameter: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(parameter, value)
