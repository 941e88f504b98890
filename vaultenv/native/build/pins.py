"""All software that is compiled in: versions, SHA-256 and addresses of the archives, licences.

`scripts/check-pins` compares this table with the newest versions and the known vulnerabilities.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Archive:
    """A file with its SHA-256, and its addresses."""

    name: str
    sha256: str
    pool: str = ""
    """Its folder in the pool of Debian's mirrors."""
    upstream: tuple[str, ...] = ()
    """Addresses at its authors."""


@dataclass(frozen=True, slots=True)
class Component:
    """A piece of software inside the executable."""

    name: str
    version: str
    licence: str
    """SPDX expression."""
    licence_file: str
    """Path of its text inside the unpacked archive."""
    folder: str
    """Folder that the archive unpacks to."""
    archive: Archive
    debian: str
    """Name of the Debian source package."""
    cpe: str
    """Its name in lists of vulnerabilities."""
    patches: Archive | None = None
    """Debian's packaging, for its fixes of vulnerabilities."""
    patch_prefixes: tuple[str, ...] = ()
    """Beginnings of the file names of Debian's patches that are applied."""

    @property
    def debian_version(self) -> str:
        """The version of Debian's package that has the same content."""
        newest = (self.patches or self.archive).name
        return newest.partition("_")[2].partition(".debian.tar")[0].partition(".orig.tar")[0]

    @property
    def content(self) -> tuple[object, ...]:
        """All fields on which the compiled code depends."""
        return self.archive.sha256, self.patches and self.patches.sha256, self.patch_prefixes


PYTHON = Component(
    "cpython",
    "3.13.5",
    "PSF-2.0",
    "LICENSE",
    "Python-3.13.5",
    Archive(
        "python3.13_3.13.5.orig.tar.xz",
        "93e583f243454e6e9e4588ca2c2662206ad961659863277afcdb96801647d640",
        "p/python3.13",
        ("https://www.python.org/ftp/python/3.13.5/Python-3.13.5.tar.xz",),
    ),
    "python3.13",
    "cpe:2.3:a:python:python:3.13.5:*:*:*:*:*:*:*",
    Archive(
        "python3.13_3.13.5-2+deb13u5.debian.tar.xz",
        "a51f456e654ce2c9b40cc1db8005e5041cdb0b2c3aa96ab0871c49fe95280366",
        "p/python3.13",
    ),
    ("CVE-", "ssl-", "dict-use-after-free", "traverse-managed-dicts"),
)
OPENSSL = Component(
    "openssl",
    "3.5.7",
    "Apache-2.0",
    "LICENSE.txt",
    "openssl-3.5.7",
    Archive(
        "openssl_3.5.7.orig.tar.gz",
        "a8c0d28a529ca480f9f36cf5792e2cd21984552a3c8e4aa11a24aa31aeac98e8",
        "o/openssl",
        ("https://github.com/openssl/openssl/releases/download/openssl-3.5.7/openssl-3.5.7.tar.gz",),
    ),
    "openssl",
    "cpe:2.3:a:openssl:openssl:3.5.7:*:*:*:*:*:*:*",
)
ZLIB = Component(
    "zlib",
    "1.3.1",
    "Zlib",
    "LICENSE",
    "zlib-1.3.1",
    Archive(
        "zlib_1.3.dfsg+really1.3.1.orig.tar.gz",
        "60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb",
        "z/zlib",
    ),
    "zlib",
    "cpe:2.3:a:zlib:zlib:1.3.1:*:*:*:*:*:*:*",
)
COMPONENTS = (PYTHON, OPENSSL, ZLIB)


@dataclass(frozen=True, slots=True)
class Wheel:
    """A distribution that pip downloads, with a SHA-256 for each allowed file."""

    name: str
    version: str
    licence: str
    sha256: tuple[str, ...]

    def requirement(self) -> str:
        """The line of a requirements file, with its hashes."""
        return " ".join((f"{self.name}=={self.version}", *(f"--hash=sha256:{one}" for one in self.sha256)))


ZIG = Wheel(
    "ziglang",
    "0.17.0",
    "MIT",
    (
        "97079827064a7492cce5541ceb438ae8003ce1e54e399676da2d62fb7a5dc08b",
        "d2804f94f54f7fcf8169f4b212a619ad688a4e2e6592e976f0cf2e58e2cd8af3",
    ),
)
MUSL = Wheel("musl", "1.2.5", "MIT", ())
"""The C library; its source is part of the ziglang wheel."""
