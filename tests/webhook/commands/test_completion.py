"""`vault-webhook completion`: the completions of bash with the script."""

import subprocess
import sys
from pathlib import Path

import pytest

from webhook.__main__ import main
from webhook.commands.completion import whole_parser
from webhook.commands.table import COMMANDS


def script(shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["vault-webhook", "completion", shell])
    assert main() == 0
    return capsys.readouterr().out


@pytest.fixture
def bash(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    """Return the script for bash, in a folder with a manifest."""
    (tmp_path / "deployment.yaml").touch()
    file = tmp_path / "completion"
    file.write_text(script("bash", monkeypatch, capsys))
    return file


def completed(bash: Path, *words: str) -> set[str]:
    """Return bash's completions of the last word."""
    line = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shtab_vault_webhook; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    command = ["bash", "-c", line, "bash", str(bash), "vault-webhook", *words]
    done = subprocess.run(command, cwd=bash.parent, capture_output=True, text=True, check=True)
    assert not done.stderr
    return set(done.stdout.split())


def test_a_command_is_completed(bash: Path) -> None:
    assert completed(bash, "") >= {command.name for command in COMMANDS}
    assert completed(bash, "prov") == {"provision"}


def test_an_option_of_the_command_is_completed(bash: Path) -> None:
    assert completed(bash, "provision", "--kubernetes-h") == {"--kubernetes-host"}
    assert completed(bash, "check", "--output", "sar") == {"sarif"}


def test_a_file_is_completed_where_one_is_meant(bash: Path) -> None:
    assert completed(bash, "mutate", "-f", "dep") == {"deployment.yaml"}
    assert completed(bash, "render", "--template", "dep") == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_every_shell_has_every_command(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = script(shell, monkeypatch, capsys)
    assert [command.name for command in COMMANDS if command.name not in text] == []


def test_the_parser_of_all_commands_accepts_the_options_of_a_command() -> None:
    parsed = whole_parser().parse_args(["check", "-f", "a.yaml", "--strict"])
    assert parsed.files == ["a.yaml"]
    assert parsed.strict


def test_the_command_without_its_extra_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    monkeypatch.setattr(sys, "argv", ["vault-webhook", "completion", "bash"])
    assert main() == 1
    assert "in a clone of the repository: pip install '.[laptop]'" in capsys.readouterr().err
