"""Cycles of the renewer, on a Vault and a clock of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from vaultenv.basics.log import Log
from vaultenv.errors import (
    LoginFailed,
    NotResolved,
    PermissionRefused,
    TokenRefused,
    VaultEnvError,
    VaultUnavailable,
)
from vaultenv.references.cache import CachingReader
from vaultenv.references.secret import Secret
from vaultenv.renewal import renewer as module
from vaultenv.renewal.renewer import Renewer
from vaultenv.settings import Settings

TTL_S = 60
Fault = Callable[[], VaultEnvError]


class Time:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    time = monotonic


class Vault:
    """Leases each path at each read; `faults` has the paths, leases and actions that fail."""

    token = "first"

    def __init__(self) -> None:
        self.login_lease: dict[str, object] = {"lease_duration": 1_000_000}
        self.faults: dict[str, Fault] = {}
        self.leases: list[str] = []
        self.renewed: list[str] = []
        self.logins = 0

    def within(self, deadline: object) -> None: ...

    def use(self, token: str) -> None:
        self.token = token

    def login(self, reads: int = 0, meanwhile: object = None) -> None:
        self.token = ""
        if "login" in self.faults:
            raise self.faults["login"]()
        self.logins += 1
        self.token = "second"
        self.faults.clear()

    def call(self, method: str, path: str, body: str = "", retries: int | None = -1) -> Mapping[str, Any]:
        lease = body.split('"')[3]
        if lease in self.faults:
            raise self.faults[lease]()
        self.renewed.append(lease)
        return {"lease_duration": TTL_S}

    def read(self, questions: list[tuple[str, str]]) -> list[Secret | VaultEnvError]:
        return [self._read(path) for path, _ in questions]

    def _read(self, path: str) -> Secret | VaultEnvError:
        if path in self.faults:
            return self.faults[path]()
        self.leases.append(f"{path}/{len(self.leases)}")
        return Secret({"k": "v"}, lease_id=self.leases[-1], lease_s=TTL_S, renewable=True)


class Run:
    """A renewer of two leases."""

    def __init__(self, time: Time, token_file: str = "") -> None:
        self.time = time
        self.paths = {"A": "a", "B": "b"}
        self.vault = vault = Vault()
        if token_file:
            vault.login_lease = {}
        self.environs: list[Mapping[bytes, bytes]] = []
        self.reader = CachingReader(vault)  # type: ignore[arg-type]
        self.renewer = Renewer(
            self.environ,
            vault,  # type: ignore[arg-type]
            self.reader,
            self.environ(self.reader, vault.token),
            Settings({b"VAULT_TOKEN_FILE": token_file.encode()}),
            Log("error"),
            self.environs.append,
        )

    def environ(self, reader: CachingReader, token: str) -> dict[bytes, bytes]:
        """Return the lease of each path, as a program has its credentials."""
        answers = reader.read([(path, "") for path in self.paths.values()])
        found = dict(zip(self.paths, answers, strict=True))
        problems = [(name, "", one) for name, one in found.items() if isinstance(one, VaultEnvError)]
        if problems:
            raise NotResolved(problems)
        secrets = {name: one for name, one in found.items() if isinstance(one, Secret)}
        return {name.encode(): secret.lease_id.encode() for name, secret in secrets.items()}

    def cycles(self, count: int, pause_s: float = 5.0) -> list[bool]:
        """Let time pass before each cycle."""
        outcomes = []
        for _ in range(count):
            self.time.now += pause_s
            outcomes.append(self.renewer.cycle())
        return outcomes


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    time = Time()
    monkeypatch.setattr(module, "time", time)
    return Run(time)


def down() -> VaultEnvError:
    return VaultUnavailable("failed to renew: the database is down")


def refused() -> VaultEnvError:
    return PermissionRefused("permission denied")


def unknown_token() -> VaultEnvError:
    return TokenRefused("invalid token")


def test_a_lease_that_vault_cannot_renew_now_does_not_hold_up_the_others(run: Run) -> None:
    run.vault.faults = {"a/0": down}
    assert run.cycles(1, TTL_S * 0.7) == [False]
    assert run.vault.renewed == ["b/1"]
    run.vault.faults.clear()
    assert run.cycles(1) == [True]
    assert run.vault.renewed == ["b/1", "a/0"]
    assert run.environs == []


def test_a_secret_is_read_once_while_another_one_cannot_be_read(run: Run) -> None:
    """Each read makes a lease, which nobody would use: before, one more every five seconds."""
    run.vault.faults = {"a/0": refused, "b/1": refused, "b": refused}
    assert run.cycles(6, TTL_S * 0.7)[0] is False
    assert run.vault.leases == ["a/0", "b/1", "a/2"]
    assert "a/2" in run.vault.renewed
    run.vault.faults.clear()
    assert run.cycles(1) == [True]
    assert run.environs == [{b"A": b"a/2", b"B": b"b/3"}]


def test_a_token_that_vault_does_not_know_any_more_is_replaced(run: Run) -> None:
    """Its leases have ended with it: before, the program had dead credentials until the token was due."""
    faults: dict[str, Fault] = dict.fromkeys(("a/0", "b/1"), refused)
    run.vault.faults = faults | dict.fromkeys(("a", "b"), unknown_token)
    assert run.cycles(2, TTL_S * 0.7) == [False, True]
    assert (run.vault.logins, run.vault.token) == (1, "second")
    assert run.environs == [{b"A": b"a/2", b"B": b"b/3"}]


def test_the_token_stays_while_another_login_fails(run: Run) -> None:
    run.vault.faults = {
        "a/0": refused,
        "a": unknown_token,
        "login": lambda: LoginFailed("no such role"),
    }
    assert run.cycles(2, TTL_S * 0.7) == [False, False]
    assert run.vault.token == "first"


def test_a_refused_token_is_not_read_from_its_file_again_until_another_one_is_there(
    run: Run, tmp_path: Path
) -> None:
    """Before, each ten seconds all leases counted as ended, and were made anew."""
    file = tmp_path / "token"
    file.write_text("first")
    run = Run(run.time, str(file))
    run.vault.faults = {"a/0": refused, "a": unknown_token}
    assert run.cycles(4, 15) == [True, True, False, False]
    assert run.cycles(4, 5) == [False] * 4
    assert run.vault.leases == ["a/0", "b/1"]
    file.write_text("second")
    run.vault.faults.clear()
    assert run.cycles(1) == [True]
    assert run.vault.token == "second"
    assert run.vault.leases == ["a/0", "b/1", "a/2", "b/3"]


def test_a_secret_that_nothing_refers_to_any_more_is_dropped(run: Run) -> None:
    """A template may refer to another path when it is rendered again."""
    run.vault.faults = {"a/0": refused}
    run.paths = {"B": "b"}
    assert run.cycles(1, TTL_S * 0.7) == [True]
    assert run.environs == [{b"B": b"b/1"}]
    assert ("a", "") not in run.reader.secrets
    run.environs.clear()
    assert run.cycles(3, TTL_S * 0.7) == [True] * 3
    assert run.vault.renewed == ["b/1"] * 4
    assert (run.vault.leases, run.environs) == (["a/0", "b/1"], [])
