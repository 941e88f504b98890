"""Every exception of hvac and requests during a login becomes NotResolved, without the text of Vault."""

import math
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
from vaultkube.vault import log_in as module
from vaultkube.vault.client import new_client
from vaultkube.vault.log_in import VaultToken
from vaultkube.vault.login import FieldNames, Resolution, VaultLogin
from vaultkube.vault.resolver import Vault


def names(kind: type[Exception]) -> str:
    return f"{kind.__module__}.{kind.__name__}"


class Tokens:
    """An API server that issues any token."""

    def create_token(self, *_arguments: object) -> str:
        return "a.b.c"


NAMES = FieldNames("address", "mount", "role", "service account", "identity", "CA", "name a CA")
LOGIN = VaultLogin("https://127.0.0.1:1", "teams/kubernetes", "shop", "shop", "default", NAMES)


def log_in() -> NotResolved:
    """Return the error of a failing login."""
    with pytest.raises(NotResolved) as caught:
        Vault(Tokens(), "").resolve(Resolution({}, LOGIN, Transit()), Deadline(5))
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
        *((status, True) for status in (307, 412, 429, 472, 473, 500, 501, 502, 503, 504)),
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


def test_a_vault_that_serves_only_https_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(*_arguments: Any, **_options: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer._content = 400, b"Client sent an HTTP request to an HTTPS server.\n"
        return answer

    monkeypatch.setattr(requests.Session, "request", send)
    assert str(log_in()).endswith("400, it serves only HTTPS; write https:// in the address")


@pytest.mark.parametrize(
    "body",
    [
        *("null", "[]", "{}", '{"auth": null}', '{"auth": []}', '{"auth": "token"}', "[" * 100_000),
        *('{"auth": {"client_token": ""}}', '{"auth": {"client_token": ["t"]}}'),
        f'{{"auth": {{"client_token": "{"t" * 20_000}"}}}}',
        f'{{"auth": {{"client_token": "t"}}, "data": [{"[]," * 20_000}[]]}}',
    ],
    ids=lambda body: body[:40],
)
def test_an_answer_without_a_usable_token_is_an_outage(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """An author may name an own server: before, such answers were internal errors, long tokens were kept, and a list of a
    million values took a hundred times as much memory as its text.
    """

    def send(*_arguments: Any, **_options: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer._content = 200, body.encode()
        return answer

    monkeypatch.setattr(requests.Session, "request", send)
    assert isinstance(log_in(), VaultUnavailable)


@pytest.mark.parametrize(
    ("auth", "token"),
    [
        ('{"client_token": "t"}', VaultToken("t", math.inf, is_counted=False)),
        (
            '{"client_token": "t", "lease_duration": 60, "num_uses": 0}',
            VaultToken("t", 60.0, is_counted=False),
        ),
        (
            '{"client_token": "t", "lease_duration": 0, "num_uses": 9}',
            VaultToken("t", math.inf, is_counted=True),
        ),
    ],
)
def test_a_token_has_its_life_and_may_have_a_number_of_uses(
    monkeypatch: pytest.MonkeyPatch, auth: str, token: VaultToken
) -> None:
    sent: list[tuple[object, ...]] = []

    def send(_session: object, method: str, url: str, **options: Any) -> requests.Response:
        assert not options["allow_redirects"]  # the ServiceAccount's token must not follow to another host
        sent.append((method, url, options["json"], options["headers"].get("X-Vault-Token")))
        answer = requests.Response()
        answer.status_code, answer._content = 200, f'{{"auth": {auth}}}'.encode()
        return answer

    monkeypatch.setattr(requests.Session, "request", send)
    client = new_client("https://127.0.0.1:1/under", ca="", remaining_s=lambda: 5.0)
    assert module.log_in(client, LOGIN, "a.b.c") == token
    body = {"role": "shop", "jwt": "a.b.c"}
    assert sent == [("post", "https://127.0.0.1:1/under/v1/auth/teams/kubernetes/login", body, None)]
