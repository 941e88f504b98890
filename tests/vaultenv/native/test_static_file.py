"""The executable as a file: static, small enough, complete, and able to copy itself."""

import gzip
import subprocess
from pathlib import Path

import pytest

from tests.vaultenv.native.container import Container
from vaultenv import __version__
from vaultenv.native.build.architecture import ARCHITECTURES, native
from vaultenv.native.build.elf import problems, read_elf
from vaultenv.native.build.errors import NotStatic

LARGEST_GZIP = 6_000_000


def test_the_executable_needs_no_loader_and_no_library(static_file: Path) -> None:
    assert problems(read_elf(static_file), native().elf_machine) == []


def test_readelf_finds_neither_loader_nor_dynamic_section(static_file: Path) -> None:
    done = subprocess.run(["readelf", "-lW", static_file], capture_output=True, text=True, check=True)
    assert "Program Headers" in done.stdout
    assert "INTERP" not in done.stdout
    assert "DYNAMIC" not in done.stdout


def test_loader_dynamic_section_and_machine_are_each_a_problem() -> None:
    foreign = next(one for one in ARCHITECTURES.values() if one != native())
    wrong = problems(read_elf(Path("/bin/sh").resolve()), foreign.elf_machine)
    assert "it needs a dynamic loader" in wrong
    assert "it has a dynamic section" in wrong
    assert any(text.startswith("it is for machine") for text in wrong)


def test_a_script_is_no_executable(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    with pytest.raises(NotStatic, match="no 64-bit"):
        read_elf(script)


def test_the_compressed_executable_is_small_enough_for_an_image_layer(static_file: Path) -> None:
    assert len(gzip.compress(static_file.read_bytes(), 6)) < LARGEST_GZIP


def test_the_executable_prints_its_version(static_file: Path) -> None:
    done = subprocess.run([static_file, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"vault-env {__version__}\n"


def test_the_executable_installs_itself_in_an_empty_image(container: Container, tmp_path: Path) -> None:
    """There is no /proc, the name of the program may be any, and an older copy is replaced."""
    volume = container.root / "volume"
    volume.mkdir()
    (volume / "vault-env").write_text("older")
    subprocess.run(
        ["/usr/sbin/chroot", container.root, "/vault/vault-env", "--install", "/volume/vault-env"],
        check=True,
        env={},
    )
    copy = volume / "vault-env"
    assert copy.read_bytes() == (container.root / "vault/vault-env").read_bytes()
    assert copy.stat().st_mode & 0o7777 == 0o555
    assert [file.name for file in volume.iterdir()] == ["vault-env"]


def test_the_executable_finds_itself_under_another_first_word(static_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    subprocess.run(["vault-env", "--install", target], executable=static_file, check=True)
    assert target.stat().st_size == static_file.stat().st_size
