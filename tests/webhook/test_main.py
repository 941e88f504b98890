"""The command line of vault-webhook, before a command takes over."""

import sys

import pytest

from vaultenv import __version__
from webhook.__main__ import main
from webhook.commands.table import COMMANDS


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Return the exit status of a call that no command answers with work."""
    monkeypatch.setattr(sys, "argv", ["vault-webhook", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_has_a_line_for_every_command(
    word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, word) == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    for command in COMMANDS:
        assert [command.name, command.help] in lines


def test_the_version_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"vault-webhook {__version__}\n"


@pytest.mark.parametrize("word", ["mutat", ""])
def test_an_unknown_command_is_named_and_the_others_listed(
    word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, word) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert f"there is no command {word!r}" in output.err
    assert "  mutate " in output.err


def test_an_unknown_option_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--nosuch", "mutate") == 2
    assert "vault-webhook: error:" in capsys.readouterr().err


def test_no_command_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 2
    assert capsys.readouterr().err.startswith("usage: vault-webhook COMMAND")


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_has_help_of_its_own(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, name, "--help") == 0
    assert capsys.readouterr().out.startswith(f"usage: vault-webhook {name} ")


def test_a_command_gets_the_arguments_after_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "mutate", "-f", "x", "--nosuch") == 2
    assert "vault-webhook mutate: error: unrecognized arguments: --nosuch" in capsys.readouterr().err
