"""Every exception of hvac and requests during a login becomes NotResolved, without the text of Vault."""

from typing import Any, NoReturn

import hvac.exceptions
import pytest
import requests
from hvac.adapters import RawAdapter

from tests.vaultkube.library_exceptions import REMOTE_TEXT, exceptions_of, instance_of
from vaultenv.client.answers import cannot_answer
from vaultenv.references.values import Transit
from vaultkube.deadline import Deadline
from vaultkube.errors import NotResolved, VaultUnavailable
from vaultkube.vault.login import FieldNames, Resolution, VaultLogin
from vaultkube.vault.resolver import Vault


def names(kind: type[Exception]) -> str:
    return f"{kind.__module__}.{kind.__name__}"


class Tokens:
    """An API server that issues any token."""

    def create_token(self, *_arguments: object) -> str:
        return "a.b.c"


def log_in() -> NotResolved:
    """Return the error of a failing login."""
    names = FieldNames("address", "mount", "role", "service account", "identity", "CA", "name a CA")
    login = VaultLogin("https://127.0.0.1:1", "kubernetes", "shop", "shop", "default", names)
    with pytest.raises(NotResolved) as caught:
        Vault(Tokens(), "").resolve(Resolution({}, login, Transit()), Deadline(5))
    return caught.value


@pytest.mark.parametrize(
    "kind", [*exceptions_of(hvac.exceptions), *exceptions_of(requests.exceptions)], ids=names
)
def test_an_exception_of_a_login_becomes_ours(monkeypatch: pytest.MonkeyPatch, kind: type[Exception]) -> None:
    error = instance_of(kind)

    def request(*_arguments: Any, **_options: Any) -> NoReturn:
        raise error

    monkeypatch.setattr(RawAdapter, "request", request)
    message = str(log_in())
    assert message.startswith("failed to request new Vault token: ")
    assert REMOTE_TEXT not in message


@pytest.mark.parametrize(
    ("status", "is_outage"),
    [
        *((status, False) for status in (400, 401, 403, 404)),
        *((status, True) for status in (412, 429, 472, 473, 500, 501, 502, 503, 504)),
    ],
)
def test_a_login_that_may_work_later_is_an_outage_and_no_refusal(
    monkeypatch: pytest.MonkeyPatch, status: int, is_outage: bool
) -> None:
    """The same statuses as of a read: `vaultenv.client.answers.cannot_answer`."""

    def send(*_arguments: Any, **_options: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer._content = status, b'{"errors": ["text of Vault"]}'
        return answer

    monkeypatch.setattr(requests.Session, "request", send)
    error = log_in()
    assert isinstance(error, VaultUnavailable) == is_outage == cannot_answer(status)
    assert "text of Vault" not in str(error)
