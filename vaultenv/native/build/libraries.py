"""zlib and OpenSSL as static libraries."""

from pathlib import Path

from vaultenv.native.build import trim
from vaultenv.native.build.architecture import Architecture
from vaultenv.native.build.cache import cached, key, say
from vaultenv.native.build.pins import OPENSSL, ZLIB
from vaultenv.native.build.sources import unpack
from vaultenv.native.build.toolchain import COMPILE_FLAGS, environment
from vaultenv.native.build.tools import make, run

PREFIX = "/vault"
"""The prefix that is compiled into the libraries; no file is read there, as OpenSSL's configuration is not loaded."""

_SHAPE = "no-shared no-dso no-module no-engine no-legacy no-apps no-docs no-tests no-autoload-config"
_UNUSED = """
    afalgeng argon2 aria async bf blake2 camellia cast cmp cms comp ct des dsa dtls ec2m gost http idea
    md4 mdc2 ml-dsa ocb ocsp psk quic rc2 rc4 rc5 rfc3779 rmd160 scrypt seed siphash siv slh-dsa sm2 sm3
    sm4 srp srtp ssl3 tls1 tls1_1 ts ui-console weak-ssl-ciphers whirlpool
"""
"""Features that a TLS client of HTTPS servers does not need; DH stays because CPython's `_ssl` refers to it."""

OPENSSL_FLAGS = (*_SHAPE.split(), *(f"no-{name}" for name in _UNUSED.split()))


def libraries(architecture: Architecture) -> Path:
    """Return the folder with `include/` and `lib/`; raise BuildError."""
    decides = key(
        architecture, OPENSSL.content, ZLIB.content, OPENSSL_FLAGS, trim.OPENSSL, COMPILE_FLAGS, PREFIX
    )
    return cached(f"libraries-{architecture.name}", decides, lambda folder: _build(architecture, folder))


def _build(architecture: Architecture, folder: Path) -> None:
    work = folder / "work"
    work.mkdir()
    compiler = environment(architecture, work)
    _build_zlib(unpack(ZLIB, work), compiler, work)
    _build_openssl(architecture, unpack(OPENSSL, work), compiler, work)
    for name in ("include", "lib"):
        (work / "installed" / PREFIX.strip("/") / name).rename(folder / name)
    licences = folder / "licences"
    licences.mkdir()
    for component in (OPENSSL, ZLIB):
        (work / component.folder / component.licence_file).rename(licences / component.name)
    run(["rm", "-r", "work"], folder)


def _build_zlib(tree: Path, compiler: dict[str, str], work: Path) -> None:
    say(f"compiling zlib {ZLIB.version} ...")
    flags = {**compiler, "CFLAGS": " ".join(COMPILE_FLAGS)}
    run(["./configure", "--static", f"--prefix={PREFIX}"], tree, flags)
    make(tree, flags, "libz.a")
    make(tree, flags, "install", f"DESTDIR={work / 'installed'}")


def _build_openssl(architecture: Architecture, tree: Path, compiler: dict[str, str], work: Path) -> None:
    say(f"compiling OpenSSL {OPENSSL.version} (about a minute on two processors) ...")
    trim.trim(tree, trim.OPENSSL)
    places = [f"--prefix={PREFIX}", "--libdir=lib", f"--openssldir={PREFIX}/ssl"]
    run(
        ["./Configure", architecture.openssl_target, *places, *OPENSSL_FLAGS, *COMPILE_FLAGS],
        tree,
        compiler,
    )
    make(tree, compiler, "build_libs")
    make(tree, compiler, "install_dev", f"DESTDIR={work / 'installed'}")
