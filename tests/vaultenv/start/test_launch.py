"""The launcher as a process, with the embedded store in the place of Vault."""

import json
import os
from pathlib import Path

import pytest

from tests.vaultenv.launcher import launch, variables

ENV = "/usr/bin/env"

pytestmark = pytest.mark.usefixtures("each_launcher")


@pytest.fixture
def store(tmp_path: Path) -> str:
    file = tmp_path / "secrets.json"
    file.write_text(
        json.dumps(
            {
                "secret/data/account": {"username": "superusername", "password": "secret", "count": 3},
                "secret/data/account#1": {"username": "superusername1", "password": "secret1"},
                "secret/data/other": {"password": "other", "EXTRA": "more"},
            }
        )
    )
    return f"file://{file}"


def test_references_become_secrets_and_own_settings_are_removed(store: str) -> None:
    done = launch(
        ENV,
        "-0",
        VAULT_ADDR=store,
        VAULT_ROLE="default",
        VAULT_FOO="stays",
        HOST="vault:8200",
        DIRECT="vault:secret/data/account#password",
        FIRST="vault:secret/data/account#password#1",
        INLINE="scheme://${vault:secret/data/account#username}:${vault:secret/data/account#password}@h",
    )
    assert done.returncode == 0, done.stderr
    assert variables(done.stdout) == {
        b"VAULT_FOO": b"stays",
        b"HOST": b"vault:8200",
        b"DIRECT": b"secret",
        b"FIRST": b"secret1",
        b"INLINE": b"scheme://superusername:secret@h",
    }


def test_user_and_password_are_the_programs_own_if_the_login_uses_none(store: str) -> None:
    own = {"VAULT_USERNAME": "corp/jo", "VAULT_PASSWORD": "vault:secret/data/account#password"}
    done = launch(ENV, "-0", VAULT_ADDR=store, **own)
    assert variables(done.stdout) == {b"VAULT_USERNAME": b"corp/jo", b"VAULT_PASSWORD": b"secret"}, (
        done.stderr
    )


def test_keys_of_paths_become_variables_and_the_pods_own_win(store: str) -> None:
    done = launch(
        ENV,
        "-0",
        VAULT_ADDR=store,
        VAULT_ENV_FROM_PATH="secret/data/account#1, secret/data/other,",
        username="own",
    )
    assert variables(done.stdout) == {b"username": b"own", b"password": b"other", b"EXTRA": b"more"}


def test_bytes_pass_unchanged() -> None:
    odd = os.fsdecode(b"\xff\xfe=\n")
    done = launch("sh", "-c", 'printf %s "$ODD$1"', "sh", odd, PATH=os.defpath, ODD=odd)
    assert done.stdout == b"\xff\xfe=\n" * 2


def test_all_problems_are_reported_at_once_and_no_program_starts(store: str) -> None:
    done = launch(
        "/bin/echo",
        "started",
        VAULT_ADDR=store,
        A="vault:secret/data/none#password",
        B="vault:secret/data/account#none",
    )
    assert (done.returncode, done.stdout) == (1, b"")
    (message,) = done.stderr.decode().splitlines()
    assert "failed to inject secrets from vault: path not found: secret/data/none" in message
    assert "(variable A, reference vault:secret/data/none#password)" in message
    assert "key 'none' not found under path: secret/data/account" in message


def test_malformed_references_end_the_start_without_a_request_to_vault() -> None:
    """A program that cannot start writes nothing to Vault, and no outage hides a typing error."""
    done = launch(
        "/bin/echo",
        "started",
        VAULT_ADDR="https://127.0.0.1:1",
        A="vault:secret/data/account",
        B="vault:login",
        C="vault:v1:AAAA",
        D=">>vault:gen/password#value",
    )
    assert (done.returncode, done.stdout) == (1, b"")
    first, *rest = done.stderr.decode().splitlines()
    assert "secret data key or template not defined" in first
    assert "vault:login is for VAULT_TOKEN only" in first
    assert "found encrypted variable, but transit key ID is empty" in first
    assert rest == ["A:", "    vault:secret/data/account", "                             ^"]


@pytest.mark.parametrize(
    ("environ", "cause"),
    [
        ({"VAULT_ADDR": "vault:8200"}, "VAULT_ADDR is not an address"),
        ({"VAULT_AGENT_ADDR": "127.0.0.1:8100"}, "VAULT_AGENT_ADDR is not an address"),
        ({"VAULT_ADDR": "file:///nowhere"}, "VAULT_ADDR: open /nowhere: no such file or directory"),
        ({"VAULT_CACERT": "/nowhere"}, "VAULT_CACERT: open /nowhere: no such file or directory"),
        ({"VAULT_CACERT": "/etc"}, "VAULT_CACERT: open /etc: is a directory"),
        ({"VAULT_CAPATH": "/etc/passwd"}, "VAULT_CAPATH: open /etc/passwd: not a directory"),
        ({"VAULT_AUTH_METHOD": "nonsense"}, "VAULT_AUTH_METHOD is 'nonsense'"),
        ({"VAULT_TOKEN_FILE": "/nowhere"}, "failed to read token file: open /nowhere"),
        ({"VAULT_TOKEN": "a b\u00e9"}, "failed to request new Vault token: the token holds characters"),
        ({"VAULT_JWT_FILE": "/nowhere"}, "failed to request new Vault token: failed to read login data"),
    ],
)
def test_an_address_that_cannot_be_used_ends_the_start_with_its_cause(
    environ: dict[str, str], cause: str
) -> None:
    done = launch(ENV, A="vault:a#b", **environ)
    assert (done.returncode, done.stdout) == (1, b"")
    assert f'level=ERROR msg="failed to create vault client: {cause}' in done.stderr.decode()


def test_a_jwt_file_of_ones_own_that_is_missing_is_mended_by_its_variable() -> None:
    message = launch(ENV, A="vault:a#b", VAULT_JWT_FILE="/nowhere").stderr.decode()
    assert "open /nowhere: no such file or directory (type=jwt): check VAULT_JWT_FILE" in message
    assert "automountServiceAccountToken" not in message


def test_no_name_or_reference_breaks_the_line_of_an_error(store: str) -> None:
    done = launch(
        "/bin/true", VAULT_ADDR=store, A="vault:secret/data/account#password\n", **{"B\n\t": "vault:a#b"}
    )
    (message,) = done.stderr.decode().splitlines()
    assert "key 'password\\\\n' not found under path: secret/data/account" in message
    assert "(variable B\\\\n\\\\t, reference vault:a#b)" in message
    done = launch("no\nprogram", PATH=os.defpath)
    assert b"binary not found: no\\\\nprogram" in done.stderr


def test_a_value_that_no_variable_can_hold_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text('{"a": {"nul": "a\\u0000b"}}')
    done = launch(ENV, VAULT_ADDR=f"file://{file}", A="vault:a#nul", VAULT_ENV_FROM_PATH="a")
    assert done.returncode == 1
    assert done.stderr.count(b"the value holds a NUL byte") == 2
    assert b"(variable A)" in done.stderr
    assert b"(variable nul)" in done.stderr


def test_missing_paths_can_be_ignored_and_missing_keys_not(store: str) -> None:
    ignoring = {"VAULT_ADDR": store, "VAULT_IGNORE_MISSING_SECRETS": "true"}
    done = launch(ENV, "-0", A="vault:none#k", B="<${vault:none#k}>", **ignoring)
    assert variables(done.stdout) == {b"B": b"<${vault:none#k}>"}
    left_out, ignored = done.stderr.decode().splitlines()
    assert 'level=WARN msg="variable A is left out: vault:none#k is missing, and VAULT_IGNORE' in left_out
    assert 'level=WARN msg="variable B keeps its reference: vault:none#k is missing' in ignored
    assert launch(ENV, A="vault:secret/data/other#none", **ignoring).returncode == 1


def test_a_failed_start_logs_its_errors_without_warnings_of_ignored_secrets(store: str) -> None:
    ignoring = {"VAULT_ADDR": store, "VAULT_IGNORE_MISSING_SECRETS": "true"}
    done = launch(ENV, A="vault:none#k", B="<${vault:none#k}>", C="vault:secret/data/other#none", **ignoring)
    (line,) = done.stderr.decode().splitlines()
    assert "level=ERROR" in line
    assert "(variable C, reference vault:secret/data/other#none)" in line


def test_an_ignored_missing_secret_is_a_warning_unless_it_is_optional(store: str) -> None:
    found = {"A": "vault:secret/data/account#password", "B": "<${vault:secret/data/account#username}>"}
    optional = {"C": "vault:none#k#?", "D": "<${vault:none#k#?}>", "VAULT_ENV_FROM_PATH": "none#?"}
    ignoring = {"VAULT_ADDR": store, "VAULT_IGNORE_MISSING_SECRETS": "true"}
    assert launch(ENV, **ignoring, **found, **optional).stderr == b""
    (line,) = launch(ENV, **ignoring, VAULT_ENV_FROM_PATH="none").stderr.splitlines()
    assert b"no variables from path: none: it is missing" in line


@pytest.mark.parametrize("text", ["", "{", '{"', '{"a', '{"a":nul', "[1,", "[]", "1 2"])
def test_a_store_that_is_no_json_is_reported(tmp_path: Path, text: str) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(text)
    done = launch(ENV, VAULT_ADDR=f"file://{file}", A="vault:a#b")
    assert (done.returncode, done.stderr.count(b"secrets.json")) == (1, 1)


def test_odd_bytes_and_characters_end_in_messages_and_text(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_bytes(b'{"a":{"lone":"x\\ud800y","pair":"\\ud83d\\ude00"}}')
    at = f"file://{file}"
    done = launch(ENV, "-0", VAULT_ADDR=at, LONE="vault:a#lone", PAIR="vault:a#pair")
    found = variables(done.stdout)
    assert (found[b"LONE"], found[b"PAIR"]) == ("x\ufffdy".encode(), "\U0001f600".encode())
    odd = os.fsdecode(b"\xff")
    assert b"binary not found" in launch(f"no{odd}", PATH=os.defpath).stderr
    assert b"must be UTF-8" in launch(ENV, VAULT_ADDR=at, A=f"vault:a{odd}#b").stderr
    assert b"VAULT_ROLE must be UTF-8" in launch(ENV, VAULT_ROLE=odd).stderr
    file.write_bytes(b'{"a":"\xff"}')
    assert b"is not JSON" in launch(ENV, VAULT_ADDR=at, A="vault:a#b").stderr


def test_a_default_replaces_a_missing_path_or_key(store: str) -> None:
    done = launch(
        ENV,
        "-0",
        VAULT_ADDR=store,
        PATH_MISSING="vault:none#k#?instead",
        KEY_MISSING="<${vault:secret/data/other#k#?instead}>",
        OPTIONAL="vault:none#k#?",
        THERE="vault:secret/data/other#password#?instead",
    )
    assert variables(done.stdout) == {
        b"PATH_MISSING": b"instead",
        b"KEY_MISSING": b"<instead>",
        b"THERE": b"other",
    }


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ((), 1, "no command is given"),
        (("--nonsense",), 1, "unknown option --nonsense"),
        (("nosuchprogram",), 127, "binary not found"),
        (("/nosuch/program",), 127, "binary not found"),
        (("/etc/passwd",), 126, "permission denied"),
        (("/etc/",), 126, "binary not found: /etc/ is a directory"),
        (("--install", "/nowhere/vault-env"), 1, "--install"),
    ],
)
def test_a_command_line_that_cannot_be_started_has_an_exit_status(
    words: tuple[str, ...], status: int, message: str
) -> None:
    done = launch(*words, PATH=os.defpath)
    assert (done.returncode, done.stdout) == (status, b"")
    assert message in done.stderr.decode()


def test_a_file_that_is_no_program_is_reported(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("no first line\n")
    script.chmod(0o755)
    done = launch(str(script))
    assert (done.returncode, b"exec format error" in done.stderr) == (126, True)


def test_a_program_found_only_in_a_relative_directory_is_not_run(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    done = launch("program", cwd=tmp_path, PATH=".:")
    assert done.returncode == 127


def test_signals_are_as_a_shell_leaves_them() -> None:
    done = launch("/bin/cat", "/proc/self/status")
    fields = dict(line.split(":\t") for line in done.stdout.decode().splitlines())
    assert {fields[name] for name in ("SigIgn", "SigBlk", "SigCgt")} == {"0" * 16}


@pytest.mark.parametrize(
    ("option", "start"), [("--version", b"vault-env "), ("--help", b"usage: vault-env ")]
)
def test_version_and_help_are_printed_to_standard_output(option: str, start: bytes) -> None:
    done = launch(option)
    assert done.returncode == 0
    assert done.stdout.startswith(start)
    assert done.stderr == b""
