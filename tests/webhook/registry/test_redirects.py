"""Redirects lead only where it is safe, and without credentials."""

import pytest

from tests.webhook.registry.attacks import at_localhost, authorizations, fetch, refusal, secret
from tests.webhook.registry.conftest import Connect
from tests.webhook.registry.hostile import challenge, config_of, image, redirect
from tests.webhook.registry.hostile_server import HostileServer
from webhook.registry.client import RegistryClient

pytestmark = pytest.mark.timed


def test_a_blob_redirected_to_another_host_is_read_without_credentials(
    server: HostileServer, other: HostileServer, client: RegistryClient
) -> None:
    good = image(blob=redirect(at_localhost(other)))
    other.serve("cdn", lambda visit: visit.answer(200, config_of("good")))
    reference = server.serve("app", challenge("Basic realm=x", then=good))

    assert fetch(client, reference, secret(server.host)).command == ("good",)
    assert authorizations(server) and not authorizations(other)


def test_a_challenge_of_another_host_is_not_answered(
    server: HostileServer, other: HostileServer, client: RegistryClient
) -> None:
    other.serve("token", lambda visit: visit.answer(200, b'{"token": "abc"}'))
    other.serve("cdn", challenge(f'Bearer realm="{at_localhost(other, "/token")}"'))

    assert "UNAUTHORIZED" in refusal(client, server.serve("app", redirect(at_localhost(other))))
    assert [path for _, path, _ in other.visits] == ["/cdn/x"]


def test_a_redirect_from_https_to_http_is_not_followed(
    server: HostileServer, plain: HostileServer, connect: Connect
) -> None:
    client = connect(REGISTRY_PLAIN_HTTP_HOSTS=plain.host)
    assert "UNREACHABLE" in refusal(client, server.serve("app", redirect(f"{plain.url}/v2/x/manifests/1")))
    assert not plain.visits


def test_only_listed_hosts_get_plain_http_requests(
    plain: HostileServer, client: RegistryClient, connect: Connect
) -> None:
    reference = plain.serve("app", image())
    message = refusal(client, reference)
    assert "UNREACHABLE" in message and "REGISTRY_PLAIN_HTTP_HOSTS" in message
    assert fetch(connect(REGISTRY_PLAIN_HTTP_HOSTS=plain.host), reference).command == ("good",)


def test_a_redirect_in_a_circle_ends(server: HostileServer, client: RegistryClient) -> None:
    assert "INVALID_ANSWER" in refusal(client, server.serve("app", redirect(f"{server.url}/app/again")))
    assert len(server.visits) == 6


@pytest.mark.parametrize(
    "target",
    ["http://[", "//", "https://user:password@127.0.0.1/x", "ftp://127.0.0.1/x", "https://127.0.0.1:99999/"],
)
def test_a_redirect_to_no_usable_url_is_refused(
    server: HostileServer, client: RegistryClient, target: str
) -> None:
    assert "INVALID_ANSWER" in refusal(client, server.serve("app", redirect(target)))
