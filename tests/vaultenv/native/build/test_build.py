"""The command line of the build, and its messages about failures."""

from pathlib import Path

import pytest

from vaultenv.native.build import build
from vaultenv.native.build.architecture import native
from vaultenv.native.build.errors import StepFailed
from vaultenv.native.build.tools import run


def test_executable_and_list_of_contents_are_written_side_by_side(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "new/vault-env"
    assert build.main([native().name, "--output", str(output)]) == 0
    assert capsys.readouterr().out == f"{output}\n"
    assert sorted(file.name for file in output.parent.iterdir()) == [
        "vault-env",
        "vault-env.cdx.json",
        "vault-env.licences.txt",
    ]
    assert output.stat().st_mode & 0o777 == 0o555


def test_an_unknown_architecture_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build.main(["sparc"])
    assert "choose from" in capsys.readouterr().err


def test_a_missing_tool_is_named(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="no-such-tool is not installed: install it"):
        run(["no-such-tool"], tmp_path)


def test_the_error_of_a_failing_tool_ends_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as caught:
        run(["sh", "-c", "seq 100; echo the reason >&2; exit 3"], tmp_path)
    message = str(caught.value)
    assert "sh failed" in message
    assert "(status 3)" in message
    assert message.endswith("100\nthe reason")
    assert "\n50\n" not in message


def test_a_long_step_reports_progress_and_its_output_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("vaultenv.native.build.tools._PROGRESS_S", 0.1)
    assert run(["sh", "-c", "cat; sleep 0.5; echo out"], tmp_path, stdin="in and ") == "in and out\n"
    assert "  sh: 0 s so far\n" in capsys.readouterr().err


def test_a_failing_build_prints_why_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))
    assert build.main([native().name, "--output", str(tmp_path / "vault-env")]) == 1
    assert "no-python is not installed" in capsys.readouterr().err
