"""`vault-env --check`: names, sources and versions, never values."""

import json
from pathlib import Path

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.launcher import launch

pytestmark = pytest.mark.usefixtures("each_launcher")


def at(vault: Vault) -> dict[str, str]:
    return {"VAULT_ADDR": vault.address, "VAULT_CACERT": str(vault.ca_file), "VAULT_TOKEN": vault.token}


def test_sources_and_versions_are_printed_without_values(secrets: Vault) -> None:
    done = launch(
        "--check",
        **at(secrets),
        A="vault:secret/data/account#password",
        B="${vault:secret/data/account#username#1}-${vault:kv1/account#username}",
        C="vault:none/data/x#y#?",
        VAULT_ENV_FROM_PATH="secret/data/account",
    )
    assert done.stdout.decode().splitlines() == [
        "A: secret/data/account version 2",
        "B: secret/data/account version 1, kv1/account",
        "C: none/data/x, missing: left out",
        "password: all of secret/data/account version 2",
        "username: all of secret/data/account version 2",
        "5 variables can be resolved",
    ]
    assert done.returncode == 0


def test_only_the_winning_source_of_a_variable_is_printed(tmp_path: Path) -> None:
    store = tmp_path / "secrets.json"
    store.write_text(json.dumps({"a": {"OWN": "1", "BOTH": "1", "A": "1"}, "b": {"BOTH": "2", "GONE": "2"}}))
    done = launch(
        "--check",
        VAULT_ADDR=f"file://{store}",
        VAULT_ENV_FROM_PATH="a,b",
        OWN="own",
        GONE="vault:none#x#?",
    )
    assert done.stdout.decode().splitlines() == [
        "GONE: none, missing: left out",
        "BOTH: all of b",
        "A: all of a",
        "GONE: all of b",
        "4 variables can be resolved",
    ]


def test_a_problem_is_reported_as_at_a_start(secrets: Vault) -> None:
    done = launch("--check", **at(secrets), A="vault:secret/data/account#none")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"key 'none' not found under path: secret/data/account" in done.stderr


def test_without_references_there_is_nothing_to_check() -> None:
    done = launch("--check", PLAIN="text")
    assert (done.returncode, done.stdout) == (0, b"nothing refers to Vault\n")
