"""Logins that are refused: the remedy is one for whoever has refused."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.vaultcsi.vault.test_access import LOGIN
from vaultcsi.errors import LoginRefused
from vaultcsi.vault.connections import Answer
from vaultcsi.vault.login import log_in
from vaultkube.deadline import UNLIMITED

PLAIN = b"Client sent an HTTP request to an HTTPS server.\n"


@pytest.mark.parametrize(
    ("status", "body", "remedy"),
    [
        (400, b'{"errors":["invalid role name"]}', "correct roleName of the SecretProviderClass"),
        (403, b'{"errors":["permission denied"]}', "vaultAuthMountPath is without auth/"),
        (
            400,
            PLAIN,
            "Errors: Client sent an HTTP request to an HTTPS server: write https:// in the address (role",
        ),
        (403, b"<html>", "Errors: none given: is this the address of Vault?"),
    ],
)
def test_a_refused_login_has_its_remedy(status: int, body: bytes, remedy: str) -> None:
    answer = Answer("POST", "http://vault/v1/auth/kubernetes/login", status, body)
    connections = SimpleNamespace(send=lambda *_: answer)
    with pytest.raises(LoginRefused) as caught:
        log_in(cast("Any", connections), LOGIN, "jwt", UNLIMITED, 0.0)
    assert remedy in str(caught.value)
    assert ("roleName" in str(caught.value)) is (b"role name" in body)
