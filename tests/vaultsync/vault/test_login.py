"""Logins: the request of each method, and the messages for impossible ones."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.vaultsync.vault.scene import IDENTITY
from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.sync_resources.methods import (
    AppRoleLogin,
    AwsLogin,
    GcpLogin,
    JwtLogin,
    KubernetesLogin,
    Login,
)
from vaultsync.errors import ReferenceRefused
from vaultsync.vault.login import cannot_be_done, login_body


class Source:
    """A namespace with a Secret and, unless it is away, a ServiceAccount."""

    def __init__(self, data: Mapping[str, str] | None = None, *, has_account: bool = True) -> None:
        self._data = data
        self._has_account = has_account
        self.requests: list[tuple[str, ...]] = []

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        self.requests.append((kind, namespace, name))
        return None if self._data is None else {"data": self._data}

    def create_token(
        self, namespace: str, service_account: str, audiences: list[str], deadline: Deadline
    ) -> str | None:
        self.requests.append((namespace, service_account, *audiences))
        return "token-of-the-account" if self._has_account else None


def _body(login: Login, source: Source) -> dict[str, Any]:
    return login_body(replace(IDENTITY, login=login), source, UNLIMITED)


def test_a_service_account_logs_in_with_a_token_of_its_audiences() -> None:
    source = Source()
    login = KubernetesLogin("app", "account", ("vault",))
    assert _body(login, source) == {"role": "app", "jwt": "token-of-the-account"}
    assert source.requests == [("team", "account", "vault")]
    assert _body(JwtLogin("app", service_account="account"), source)["jwt"] == "token-of-the-account"


def test_a_service_account_that_is_not_there_is_named() -> None:
    with pytest.raises(ReferenceRefused, match="ServiceAccount team/account does not exist"):
        _body(KubernetesLogin("app", "account"), Source(has_account=False))


def test_a_jwt_and_a_secret_id_are_those_of_a_secret_of_the_namespace() -> None:
    source = Source({"jwt": "YS5iLmMK", "id": "aWQK"})
    assert _body(JwtLogin("app", "stored"), source) == {"role": "app", "jwt": "a.b.c"}
    assert _body(AppRoleLogin("role", "stored"), source) == {"role_id": "role", "secret_id": "id"}
    assert source.requests == [("Secret", "team", "stored")] * 2


def test_a_secret_id_may_be_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "id"
    path.write_text("from-a-file\n")
    login = AppRoleLogin("role", secret_id_path=str(path))
    assert _body(login, Source())["secret_id"] == "from-a-file"
    with pytest.raises(ReferenceRefused, match="cannot be read"):
        _body(AppRoleLogin("role", secret_id_path=str(tmp_path / "absent")), Source())


@pytest.mark.parametrize(
    ("data", "words"),
    [(None, "does not exist"), ({}, "has no key 'id'"), ({"id": ""}, "has no key 'id', or an empty one")],
)
def test_a_secret_without_the_key_is_named(data: Mapping[str, str] | None, words: str) -> None:
    with pytest.raises(ReferenceRefused, match=f"Secret team/stored {words}"):
        _body(AppRoleLogin("role", "stored"), Source(data))


def test_a_login_that_cannot_be_done_names_its_replacement() -> None:
    assert not cannot_be_done(GcpLogin("app", "account"), is_operators=False)
    refused = cannot_be_done(AwsLogin("app"), is_operators=True)
    assert "set aws.secretRef or aws.irsaServiceAccount" in refused
    assert not cannot_be_done(AwsLogin("app", secret="keys"), is_operators=False)
