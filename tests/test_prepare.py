"""Builds beside the first tests."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests import prepare
from tests.prepare import others
from tests.servers import build
from vaultenv.native.build.architecture import ARCHITECTURES, native


def test_the_other_architecture_is_built_on_request_and_in_ci() -> None:
    other = set(ARCHITECTURES.values()) - {native()}
    assert set(others(["-k", "policy"], {})) == set()
    assert set(others(["--arm64"], {})) == other
    assert set(others([], {"CI": "true"})) == other


def test_the_build_of_the_images_ends_when_a_server_cannot_be_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, started = subprocess.Popen, []

    def sleeping(command: list[str]) -> "subprocess.Popen[bytes]":
        started.append(command[-1])
        images.append(start(["sleep", "60"]))
        return images[0]

    images: list[subprocess.Popen[bytes]] = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", sleeping)
    monkeypatch.setattr(build, "main", lambda _names: 2)
    assert prepare.main("node") == 2
    assert (started, images[0].returncode) == (["images"], -signal.SIGTERM)
