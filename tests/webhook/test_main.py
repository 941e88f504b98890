"""The command line of vault-webhook, before a command takes over."""

import sys

import pytest

from vaultenv import __version__
from webhook.__main__ import COMMANDS, main


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["vault-webhook", *arguments])
    return main()


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_names_every_command(
    word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, word) == 0
    told = capsys.readouterr().out
    assert all(f"  {name} " in told for name in COMMANDS)


def test_the_version_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"vault-webhook {__version__}\n"


def test_an_unknown_command_is_named_and_the_others_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "mutat") == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "there is no command 'mutat'" in told.err
    assert "  mutate " in told.err


def test_no_command_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 2
    assert capsys.readouterr().err.startswith("usage: vault-webhook COMMAND")
