"""Hash sums from the interpreter's C modules, without `hashlib`; CPython 3.12 renamed them."""

from _md5 import md5
from _sha1 import sha1

try:
    from _sha2 import sha256, sha512
except ImportError:
    from _sha256 import sha256
    from _sha512 import sha512

__all__ = ("md5", "sha1", "sha256", "sha512")
