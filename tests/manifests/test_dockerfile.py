"""The sources of the image are every package of setup.cfg."""

import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

from tests.cluster import builder

ROOT = Path(__file__).parents[2]


def packages() -> set[str]:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return {pattern.rstrip("*") for pattern in setup["options.packages.find"]["include"].split()}


def test_every_package_is_copied_into_the_image() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert packages() <= copied


def test_the_build_sees_every_package() -> None:
    seen = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().split()}
    assert packages() <= seen


def test_an_image_of_the_tests_is_built_anew_when_a_package_changes() -> None:
    assert packages() <= set(builder._SOURCES)


def test_a_change_of_another_file_of_the_build_does_not_compile_the_interpreter_anew() -> None:
    """Before its compilation only files are copied that its build and the download of sources import."""
    copied = re.findall(r"\bvaultenv/native/build/(\w+)\.py\b", (ROOT / "Dockerfile").read_text())
    package = "vaultenv.native.build"
    script = f"import sys, {package}.fetch, {package}.interpreter; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules = {
        name.removeprefix(f"{package}.") for name in loaded.stdout.split() if name.startswith(f"{package}.")
    }
    assert sorted(copied) == sorted(modules | {"__init__"})
