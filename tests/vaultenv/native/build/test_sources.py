"""Pinned archives: the right bytes from any of their places, or an error."""

import functools
import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vaultenv.native.build.errors import SourceMissing, StepFailed
from vaultenv.native.build.mirrors import POOLS
from vaultenv.native.build.pins import COMPONENTS, PYTHON, ZLIB, Archive, Component
from vaultenv.native.build.sources import VENDORED, archive, fix_names, unpack

NO_PACKAGE = "no-such-source-package"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return tmp_path / "cache/vault-webhook/native/sources"


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Yield the address of a web server and its folder."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


def packed(**files: str) -> bytes:
    """Return a tar archive with these files in the folder `thing-1`."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as opened:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "/").replace("_dot_", "."))
            member.size = len(text.encode())
            opened.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def pinned(content: bytes, *urls: str, name: str = "thing.tar.gz") -> Archive:
    return Archive(name, hashlib.sha256(content).hexdigest(), upstream=urls)


def test_the_next_place_is_tried_when_one_lacks_the_file_or_has_another(mirror: tuple[str, Path]) -> None:
    address, folder = mirror
    (folder / "other").write_bytes(b"another file")
    (folder / "right").write_bytes(b"the file")
    places = ("http://127.0.0.1:1/refused", f"{address}/none", f"{address}/other", f"{address}/right")
    assert archive(pinned(b"the file", *places), NO_PACKAGE).read_bytes() == b"the file"


def test_a_pool_that_is_named_is_tried(mirror: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    address, folder = mirror
    (folder / "pool/t/thing").mkdir(parents=True)
    (folder / "pool/t/thing/thing_1+2.tar.gz").write_bytes(b"the file")
    monkeypatch.setenv(POOLS, f"{address}/none {address}/pool")
    wanted = replace(pinned(b"the file", name="thing_1+2.tar.gz"), pool="t/thing")
    assert archive(wanted, NO_PACKAGE).read_bytes() == b"the file"


def test_a_file_that_nobody_has_is_an_error_with_every_place_and_a_remedy(
    mirror: tuple[str, Path], own_cache: Path
) -> None:
    address, folder = mirror
    (folder / "other").write_bytes(b"another file")
    with pytest.raises(SourceMissing) as caught:
        archive(pinned(b"the file", f"{address}/none", f"{address}/other"), NO_PACKAGE)
    message = str(caught.value)
    assert f"apt-get source {NO_PACKAGE}" in message
    assert f"{address}/none: HTTP Error 404" in message
    assert f"{address}/other: another file: its SHA-256 differs" in message
    assert f"Put the file into {own_cache}" in message
    assert POOLS in message
    assert list(own_cache.iterdir()) == []


def test_a_file_put_into_the_cache_by_hand_is_used(own_cache: Path) -> None:
    own_cache.mkdir(parents=True)
    (own_cache / "thing.tar.gz").write_bytes(b"the file")
    assert archive(pinned(b"the file"), NO_PACKAGE) == own_cache / "thing.tar.gz"


PINNED = [pin for one in COMPONENTS for pin in (one.archive, one.patches) if pin]


@pytest.mark.parametrize("pin", PINNED, ids=[pin.name for pin in PINNED])
def test_each_pin_is_in_this_repository_or_has_an_upstream_address(pin: Archive) -> None:
    """Mirrors of Debian drop a revision when the next one appears."""
    vendored = VENDORED / pin.name
    assert vendored.exists() != bool(pin.upstream)
    if vendored.exists():
        assert hashlib.sha256(vendored.read_bytes()).hexdigest() == pin.sha256


def test_nothing_else_lies_in_this_repository() -> None:
    vendored = {pin.name for pin in PINNED if not pin.upstream}
    assert {file.name for file in VENDORED.iterdir()} == {"README.md", *vendored}


def test_a_vendored_file_is_used_where_it_lies() -> None:
    assert archive(ZLIB.archive, NO_PACKAGE) == VENDORED / ZLIB.archive.name


def test_a_vendored_file_that_is_another_is_fetched(
    mirror: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder = mirror
    (folder / "right").write_bytes(b"the file")
    (tmp_path / "thing.tar.gz").write_bytes(b"another file")
    monkeypatch.setattr("vaultenv.native.build.sources.VENDORED", tmp_path)
    assert archive(pinned(b"the file", f"{address}/right"), NO_PACKAGE).read_bytes() == b"the file"


def test_debians_own_client_fetches_a_pinned_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's client is the first place for archives."""
    monkeypatch.setattr("vaultenv.native.build.sources.VENDORED", tmp_path)
    nowhere_else = replace(ZLIB.archive, pool="", upstream=())
    assert archive(nowhere_else, ZLIB.debian).stat().st_size > 1_000_000


PATCH = "--- a/file\n+++ b/file\n@@ -1 +1 @@\n-{0}\n+{1}\n"


def patched(mirror: tuple[str, Path], **patches: str) -> Component:
    """Return a component with a file that says `old`, and Debian's packaging with these patches."""
    address, folder = mirror
    sources = packed(**{"thing-1__file": "old\n"})
    series = "".join(f"{name.replace('_dot_', '.')}\n" for name in patches)
    named = {f"debian__patches__{name}": text for name, text in patches.items()}
    packaging = packed(debian__patches__series=f"# comment\n{series}", **named)
    (folder / "thing").write_bytes(sources)
    (folder / "packaging").write_bytes(packaging)
    return replace(
        PYTHON,
        folder="thing-1",
        debian=NO_PACKAGE,
        archive=pinned(sources, f"{address}/thing"),
        patches=pinned(packaging, f"{address}/packaging", name="packaging.tar.gz"),
        patch_prefixes=("CVE-",),
    )


def test_fixes_of_vulnerabilities_are_applied_in_order_and_other_patches_not(
    mirror: tuple[str, Path], tmp_path: Path
) -> None:
    component = patched(
        mirror,
        **{
            "CVE-2_dot_patch": PATCH.format("old", "newer"),
            "distutils_dot_patch": PATCH.format("newer", "unwanted"),
            "CVE-1_dot_patch": PATCH.format("newer", "newest"),
        },
    )
    work = tmp_path / "work"
    work.mkdir()
    assert fix_names(component, work) == ["CVE-2.patch", "CVE-1.patch"]
    assert (unpack(component, work) / "file").read_text() == "newest\n"


def test_a_fix_that_does_not_fit_stops_the_build(mirror: tuple[str, Path], tmp_path: Path) -> None:
    component = patched(mirror, **{"CVE-1_dot_patch": PATCH.format("something else", "new")})
    with pytest.raises(StepFailed, match="patch failed"):
        unpack(component, tmp_path)
