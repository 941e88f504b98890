"""Hash sums from the interpreter's C modules, without `hashlib`; CPython 3.12 renamed these modules."""

from __future__ import annotations

try:
    from _sha2 import sha256, sha512
except ImportError:
    from _sha256 import sha256
    from _sha512 import sha512

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ("md5", "sha1", "sha256", "sha512")


def md5(data: bytes) -> Any:
    """Return the MD5 sum of the data; only templates need it, so its module is imported here."""
    from _md5 import md5

    return md5(data)


def sha1(data: bytes) -> Any:
    """Return the SHA-1 sum of the data; only templates need it, so its module is imported here."""
    from _sha1 import sha1

    return sha1(data)
