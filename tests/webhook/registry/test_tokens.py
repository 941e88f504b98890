"""Token servers: those that may have credentials, and the limits on their answers."""

import pytest

from tests.webhook.registry.attacks import at_localhost, authorizations, fetch, refusal, secret
from tests.webhook.registry.conftest import Connect
from tests.webhook.registry.hostile import challenge, image
from tests.webhook.registry.hostile_server import HostileServer, Visit
from webhook.registry.client import RegistryClient

pytestmark = pytest.mark.timed

SCOPE = "repository%3Aapp%2Fapp%3Apull"


def test_credentials_do_not_go_to_a_foreign_token_server(
    server: HostileServer, other: HostileServer, connect: Connect, client: RegistryClient
) -> None:
    other.serve("token", lambda visit: visit.answer(200, b'{"token": "abc"}'))
    realm = at_localhost(other, "/token")
    reference = server.serve("app", challenge(f'Bearer realm="{realm}",service="x"', then=image()))

    message = refusal(client, reference, secret(server.host))
    assert "FORBIDDEN_REALM" in message and "REGISTRY_REALMS" in message and "localhost" not in message
    assert not other.visits

    allowed = connect(REGISTRY_REALMS=f"{server.host}=localhost")
    assert fetch(allowed, reference, secret(server.host)).command == ("good",)
    assert authorizations(other)


@pytest.mark.parametrize("realm", ["foreign", "broken", "no tokens"])
def test_basic_authentication_is_used_where_bearer_cannot_be(
    server: HostileServer, other: HostileServer, client: RegistryClient, realm: str
) -> None:
    server.serve("none", lambda visit: visit.answer(200, b"{}"))
    realms = {"foreign": at_localhost(other, "/token"), "broken": "token", "no tokens": f"{server.url}/none"}

    def behave(visit: Visit) -> None:
        basic = visit.headers.get("Authorization", "").startswith("Basic ")
        (image() if basic else challenge(f'Bearer realm="{realms[realm]}", Basic realm="x"'))(visit)

    reference = server.serve("app", behave)
    assert fetch(client, reference, secret(server.host)).command == ("good",)
    assert not other.visits


def test_a_foreign_token_server_may_get_anonymous_requests(
    server: HostileServer, other: HostileServer, client: RegistryClient
) -> None:
    other.serve("token", lambda visit: visit.answer(200, b'{"token": "abc"}'))
    realm = at_localhost(other, "/token")
    reference = server.serve("app", challenge(f'Bearer realm="{realm}",service="x"', then=image()))

    assert fetch(client, reference).command == ("good",)
    assert not authorizations(other)


def test_an_http_token_server_of_an_https_registry_is_refused(
    server: HostileServer, plain: HostileServer, connect: Connect
) -> None:
    client = connect(REGISTRY_PLAIN_HTTP_HOSTS=plain.host)
    reference = server.serve("app", challenge(f'Bearer realm="{plain.url}/token",service="x"'))
    assert "FORBIDDEN_REALM" in refusal(client, reference, secret(server.host))
    assert not plain.visits


def test_an_expired_token_is_replaced_once(server: HostileServer, client: RegistryClient) -> None:
    tokens = ["one"]
    server.serve("token", lambda visit: visit.answer(200, f'{{"token": "{tokens[-1]}"}}'.encode()))
    demand = challenge(f'Bearer realm="{server.url}/token"')

    def behave(visit: Visit) -> None:
        good = visit.headers.get("Authorization") == f"Bearer {tokens[-1]}"
        (image() if good else demand)(visit)

    server.serve("app", behave)
    for token in ("one", "two", "three"):
        tokens.append(token)
        assert fetch(client, f"{server.host}/app/app").command == ("good",)
    assert [path for _, path, _ in server.visits].count(f"/token?scope={SCOPE}") == 3


def test_a_refused_token_is_not_stored(server: HostileServer, client: RegistryClient) -> None:
    """The right to pull may be granted later, and an earlier token would lack it."""
    refused: list[bool] = [False]
    server.serve("token", lambda visit: visit.answer(200, b'{"token": "abc", "expires_in": 300}'))
    good = lambda visit: visit.answer(403) if refused[0] else image()(visit)  # noqa: E731
    server.serve("app", challenge(f'Bearer realm="{server.url}/token"', then=good))

    for number, now in enumerate((False, True, False)):
        refused[0] = now
        outcome = refusal if now else fetch
        outcome(client, f"{server.host}/app/app:{number}")
    assert [path.partition("?")[0] for _, path, _ in server.visits].count("/token") == 2


def test_the_scope_is_ours_and_not_the_servers(server: HostileServer, client: RegistryClient) -> None:
    server.serve("token", lambda visit: visit.answer(200, b'{"token": "abc"}'))
    wide = "repository:other/private:pull,push,delete"
    header = f'Bearer realm="{server.url}/token",service="x",scope="{wide}"'
    fetch(client, server.serve("app", challenge(header, then=image())))

    token_paths = [path for _, path, _ in server.visits if path.startswith("/token")]
    assert token_paths == ["/token?service=x&scope=" + SCOPE]


@pytest.mark.parametrize("token", ['"a\\r\\nX-Evil: 1"', '"a b"', "[]", "7", '""', '"é"'])
def test_an_invalid_token_is_refused(server: HostileServer, client: RegistryClient, token: str) -> None:
    server.serve("token", lambda visit: visit.answer(200, f'{{"token": {token}}}'.encode()))
    reference = server.serve("app", challenge(f'Bearer realm="{server.url}/token"', then=image()))
    assert "INVALID_ANSWER" in refusal(client, reference)
