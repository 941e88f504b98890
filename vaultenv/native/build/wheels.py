"""Distributions from the package index, through pip, compared with their pinned SHA-256."""

import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from vaultenv.native.build.cache import cached, key, say
from vaultenv.native.build.pins import ZIG, Wheel
from vaultenv.native.build.tools import run


def zig() -> Path:
    """Return the compiler of the pinned `ziglang` wheel; raise StepFailed."""
    return unpacked("toolchain", (ZIG,)) / "ziglang/zig"


def unpacked(name: str, wheels: Sequence[Wheel]) -> Path:
    """Return a folder with the content of these wheels; raise StepFailed."""
    return cached(name, key(sys.platform, wheels), lambda folder: _unpack(wheels, folder))


def _unpack(wheels: Sequence[Wheel], folder: Path) -> None:
    say(f"fetching {', '.join(f'{wheel.name} {wheel.version}' for wheel in wheels)} ...")
    with TemporaryDirectory(dir=folder) as name:
        downloads = Path(name)
        requirements = downloads / "requirements.txt"
        requirements.write_text("".join(wheel.requirement() + "\n" for wheel in wheels))
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        options = ["--no-deps", "--only-binary=:all:", "--require-hashes", f"--requirement={requirements}"]
        run([*pip, *options], downloads)
        for wheel in sorted(downloads.glob("*.whl")):
            _extract(wheel, folder)


def _extract(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        for member in opened.infolist():
            target = Path(opened.extract(member, folder))
            if permissions := member.external_attr >> 16 & 0o777:
                target.chmod(permissions)
