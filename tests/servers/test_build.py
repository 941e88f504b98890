"""The chosen executable for tests, and the inputs of a build."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers import build
from tests.servers.programs import PROGRAMS, Program
from tests.servers.toolchain import go, needed_version

VAULT, ETCD, REGISTRY = PROGRAMS["vault"], PROGRAMS["etcd"], PROGRAMS["registry"]


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Return a folder with executables named etcd and bao."""
    for name in ("etcd", "bao"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def test_a_variable_replaces_a_build(tools: Path) -> None:
    assert build.replacement(VAULT, {"VAULT_BIN": f"{tools}/bao"}) == tools / "bao"


def test_the_envtest_folder_replaces_only_programs_of_envtest(tools: Path) -> None:
    assert build.replacement(ETCD, {"KUBEBUILDER_ASSETS": str(tools)}) == tools / "etcd"
    assert build.replacement(REGISTRY, {"KUBEBUILDER_ASSETS": str(tools)}) is None


def test_an_installed_vault_or_bao_replaces_a_build_and_an_installed_etcd_does_not(tools: Path) -> None:
    assert build.replacement(VAULT, {"PATH": str(tools)}) == tools / "bao"
    assert build.replacement(ETCD, {"PATH": str(tools)}) is None


def test_a_variable_that_names_no_executable_is_refused() -> None:
    with pytest.raises(build.BuildFailed, match="VAULT_BIN names /nowhere/vault, which is no executable"):
        build.replacement(VAULT, {"VAULT_BIN": "/nowhere/vault"})


def test_other_compiler_flags_need_another_build() -> None:
    assert build.place(replace(ETCD, flags=("-race",))) != build.place(ETCD)


def test_every_program_has_its_pins_and_its_own_variable() -> None:
    for program in PROGRAMS.values():
        tools = (program.module / "go.mod").read_text().partition("require (")[0]
        assert program.package in tools
        assert (program.module / "go.sum").exists()
    assert len({program.variable for program in PROGRAMS.values()}) == len(PROGRAMS)


@pytest.mark.servers
def test_a_compile_error_is_reported_in_the_compilers_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "go.mod").write_text("module bad\n\ngo 1.26.0\n")
    (tmp_path / "bad" / "go.sum").touch()
    (tmp_path / "bad" / "main.go").write_text("package main\n\nfunc main() { wrong }\n")
    monkeypatch.setattr("tests.servers.programs.PINS", tmp_path)
    compiled = subprocess.run([go(), "env", "GOCACHE"], capture_output=True, text=True, check=True)
    monkeypatch.setenv(
        "GOCACHE", compiled.stdout.strip()
    )  # so that the standard library is not compiled anew
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setitem(PROGRAMS, "bad", Program("bad", "bad", "bad", "BAD_BIN"))

    with pytest.raises(build.BuildFailed, match=r"bad could not be built:\n(?s:.*)undefined: wrong"):
        build.program("bad")

    assert not list((tmp_path / "cache").rglob(".bad.*"))
    assert not list((tmp_path / "cache").rglob("bad"))


def test_the_command_prints_where_a_program_is(tools: Path) -> None:
    command = [sys.executable, "-m", "tests.servers.build", "etcd"]
    environment = {**os.environ, "ETCD_BIN": f"{tools}/etcd"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert done.stdout == f"{tools}/etcd\n"


def test_the_toolchain_is_as_new_as_the_newest_pin() -> None:
    assert (1, 26) <= needed_version() < (1, 27)
