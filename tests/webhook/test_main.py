"""The command line of vault-webhook before a command runs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vaultenv import __version__
from webhook.__main__ import main
from webhook.commands.table import COMMANDS


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Return the exit status of a call that does no work."""
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


PROGRAM = (sys.executable, "-m", "webhook")
REFERRING = """\
apiVersion: v1
kind: Pod
metadata: {{name: a{number}}}
spec: {{containers: [{{name: a, image: a, command: [a], env: [{{name: A, value: "vault:a#b"}}]}}]}}
---
"""
UNREAD = 141
"""Status that a shell shows of a program that SIGPIPE has ended."""


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    """Return a file for which each command's output is longer than a pipe."""
    file = tmp_path / "pods.yaml"
    file.write_text("".join(REFERRING.format(number=number) for number in range(600)))
    return str(file)


@pytest.mark.parametrize("command", [["mutate"], ["mutate", "--diff"], ["where", "a"]], ids=" ".join)
def test_a_reader_that_has_seen_enough_ends_a_command_silently(
    command: list[str], manifests: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # with it Python loses what a pipe does not hold
    with subprocess.Popen(
        [*PROGRAM, *command, "-f", manifests], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == UNREAD


def test_a_short_output_that_nobody_reads_is_as_silent() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*PROGRAM, "completion", "bash"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (UNREAD, b"")


def test_an_output_that_finds_no_room_is_named(manifests: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*PROGRAM, "mutate", "-f", manifests], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"vault-webhook mutate: the output cannot be written: No space left on device\n"


def test_a_closed_standard_output_is_no_error(manifests: str) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *PROGRAM, "mutate", "-f", manifests],
        stderr=subprocess.PIPE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_ctrl_c_ends_a_command_silently() -> None:
    started = subprocess.Popen(
        [*PROGRAM, "mutate", "-f", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with started as process:
        assert process.stdin
        process.stdin.write(b"a: b\n")
        process.stdin.flush()
        waits = Path(f"/proc/{process.pid}/wchan")
        while "pipe_read" not in waits.read_text():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.communicate()[1] == b""
        assert process.returncode == 128 + signal.SIGINT
