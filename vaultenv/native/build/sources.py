"""Pinned archives: found, compared with their SHA-256, unpacked, and patched with Debian's fixes."""

import hashlib
import http.client
import re
import shutil
import tarfile
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

from vaultenv.native.build.cache import cache, say
from vaultenv.native.build.errors import BuildError, SourceMissing
from vaultenv.native.build.mirrors import POOLS, Mirrors, mirrors, pools
from vaultenv.native.build.pins import Archive, Component
from vaultenv.native.build.tools import run

VENDORED = Path(__file__).parents[1] / "vendor"
"""Archives that only Debian's mirrors have, which remove a revision when the next one appears."""
_TIMEOUT_S = 60.0
_RELEASE = "trixie"
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def unpack(component: Component, folder: Path) -> Path:
    """Return the component's source tree inside `folder`, with Debian's fixes; raise SourceMissing or StepFailed."""
    _extract(archive(component.archive, component.debian), folder)
    tree = folder / component.folder
    for name in fix_names(component, folder):
        run(["patch", "--strip=1", "--silent", "--forward", f"--input={_patches(folder) / name}"], tree)
    return tree


def fix_names(component: Component, folder: Path) -> list[str]:
    """Return the names of Debian's applied patches, in their order; unpack their files into `folder`."""
    if not component.patches:
        return []
    _extract(archive(component.patches, component.debian), folder)
    series = (_patches(folder) / "series").read_text().split("\n")
    return [line.strip() for line in series if line.startswith(component.patch_prefixes)]


def _patches(folder: Path) -> Path:
    return folder / "debian/patches"


def _extract(packed: Path, folder: Path) -> None:
    with tarfile.open(packed) as opened:
        opened.extractall(folder, filter="data")


def archive(pinned: Archive, package: str) -> Path:
    """Return the archive from VENDORED or the cache, else downloaded from the first address that has it.

    Raises SourceMissing.
    """
    fetched = cache() / "sources" / pinned.name
    for file in (VENDORED / pinned.name, fetched):
        if file.exists() and _is(file, pinned):
            return file
    fetched.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=fetched.parent) as folder:
        _fetch(pinned, package, Path(folder, pinned.name)).rename(fetched)
    return fetched


def _fetch(pinned: Archive, package: str, target: Path) -> Path:
    say(f"fetching {pinned.name} ...")
    tried = []
    for place in (f"apt-get source {package}", *_addresses(pinned)):
        try:
            _from_url(place, target) if "://" in place else _from_apt(package, target)
            problem = "not there" if not target.exists() else "another file: its SHA-256 differs from the pin"
        except (OSError, http.client.HTTPException, BuildError) as error:
            problem = str(error)
        if target.exists() and _is(target, pinned):
            return target
        tried.append(f"  {place}: {problem}")
    raise SourceMissing(
        f"{pinned.name} (SHA-256 {pinned.sha256}) is at none of its places:\n" + "\n".join(tried) + "\n"
        f"Put the file into {cache() / 'sources'}, name a pool that has it in {POOLS} (a snapshot keeps what mirrors "
        "no longer have), or pin a newer version (scripts/check-pins names it)."
    )


def _addresses(pinned: Archive) -> list[str]:
    name = pinned.name.replace("+", "%2b")
    in_pools = [f"{pool}{pinned.pool}/{name}" for pool in pools()] if pinned.pool else []
    return [*pinned.upstream, *in_pools]


def _from_url(url: str, target: Path) -> None:
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer, target.open("wb") as written:  # noqa: S310
        shutil.copyfileobj(answer, written)


def _from_apt(package: str, target: Path) -> None:
    """Download one file of a source package, of any available version, as mirrors may lack files of their lists."""
    options = _private_apt(target.parent)
    part = "--diff-only" if ".debian.tar" in target.name else "--tar-only"
    listing = run(["apt-cache", *options, "showsrc", "--only-source", package], target.parent)
    for version in dict.fromkeys(re.findall(r"^Version: (\S+)$", listing, re.MULTILINE)):
        arguments = [part, "--download-only", "--only-source", f"{package}={version}"]
        run(["apt-get", *options, "source", *arguments], target.parent, check=False)
        if target.exists():
            return


def debian_files(package: str, folder: Path) -> list[str]:
    """Return the file names of Debian's newest source package; raise StepFailed."""
    listing = run(
        ["apt-get", *_private_apt(folder), "source", "--print-uris", "--only-source", package], folder
    )
    return [line.split(" ")[1] for line in listing.splitlines() if line.startswith("'")]


def _private_apt(folder: Path) -> list[str]:
    """Return options for apt: a configuration of its own and new lists, separate from the machine's."""
    private = cache() / "apt"
    (private / "lists/partial").mkdir(parents=True, exist_ok=True)
    (private / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
    (private / "sources.list").write_text(_sources(mirrors()))
    options = [
        "--quiet=2",
        "--option=APT::Sandbox::User=root",
        f"--option=Dir::Etc::SourceList={private}/sources.list",
        "--option=Dir::Etc::SourceParts=/dev/null",
        f"--option=Dir::State::Lists={private}/lists",
        f"--option=Dir::Cache={private}/cache",
    ]
    run(["apt-get", *options, "update"], folder)
    return options


def _sources(used: Mirrors) -> str:
    suites = (
        (used.main, _RELEASE),
        (used.main, f"{_RELEASE}-updates"),
        (used.security, f"{_RELEASE}-security"),
    )
    return "".join(f"deb-src [signed-by={_KEYRING}] {address} {suite} main\n" for address, suite in suites)


def _is(file: Path, pinned: Archive) -> bool:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == pinned.sha256
