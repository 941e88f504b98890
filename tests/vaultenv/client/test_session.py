"""The choice of the launcher's token, without a Vault."""

from pathlib import Path

import pytest

from vaultenv.basics.log import Log
from vaultenv.client.session import log_in
from vaultenv.renewal.token import Token
from vaultenv.settings import Settings


class Client:
    """A client with successful logins."""

    def __init__(self) -> None:
        self.token = ""
        self.login_lease: dict[str, object] = {}

    def use(self, token: str) -> None:
        self.token = token

    def login(self, reads: int, meanwhile: object) -> None:
        self.token, self.login_lease = "of a login", {"lease_duration": 60}


@pytest.mark.parametrize(
    ("environ", "token"),
    [
        ({}, "of a login"),
        ({"VAULT_TOKEN": "vault:login"}, "of a login"),
        ({"VAULT_TOKEN": "static"}, "static"),
        ({"VAULT_TOKEN_FILE": "token"}, "in the file"),
        ({"VAULT_TOKEN_PATH": "token"}, "in the file"),
        ({"VAULT_TOKEN": "vault:login", "VAULT_TOKEN_FILE": "token"}, "in the file"),
        ({"VAULT_TOKEN": "static", "VAULT_TOKEN_FILE": "token"}, "in the file"),
        ({"VAULT_TOKEN": "static", "VAULT_TOKEN_PATH": "token"}, "static"),
    ],
)
def test_the_launchers_token_is_that_of_login_variable_or_file(
    environ: dict[str, str], token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a token of a login or a file is replaceable, so that a daemon waits for another one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text("in the file")
    settings, client = Settings({name.encode(): text.encode() for name, text in environ.items()}), Client()
    log_in(client, settings, Log("error"))  # type: ignore[arg-type]
    assert client.token == token
    launcher_token = Token(client, settings, Log(), 0.0)  # type: ignore[arg-type]
    assert launcher_token.is_replaceable == (token != "static")
