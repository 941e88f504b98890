"""Registries that are busy, limit pulls or fail: retried within the time, then not requested for a while."""

import threading
import time

import pytest

from tests.webhook.registry import hostile
from tests.webhook.registry.attacks import (
    BUDGET_S,
    fetch,
    refusal,
    secret,
)
from tests.webhook.registry.conftest import Connect
from tests.webhook.registry.hostile import image
from tests.webhook.registry.hostile_server import HostileServer, Visit
from vaultkube.deadline import Deadline
from vaultkube.errors import ImageNotRead
from webhook.registry.client import RegistryClient
from webhook.registry.credentials import Credential
from webhook.registry.query import ImageQuery

pytestmark = pytest.mark.timed


def test_a_request_to_a_busy_registry_is_repeated(
    server: HostileServer, connect: Connect, client: RegistryClient
) -> None:
    busy = lambda visit: visit.answer(503)  # noqa: E731
    assert fetch(client, server.serve("app", hostile.in_turn(busy, hostile.hang_up, image()))).command == (
        "good",
    )


def test_a_body_that_is_cut_short_is_read_again(server: HostileServer, client: RegistryClient) -> None:
    assert fetch(client, server.serve("app", hostile.in_turn(hostile.cut_short, image()))).command == (
        "good",
    )
    assert "UNREACHABLE" in refusal(client, server.serve("cut", hostile.cut_short))


def test_a_short_retry_after_is_waited_for(server: HostileServer, client: RegistryClient) -> None:
    limited = lambda visit: visit.answer(429, headers={"Retry-After": "1"})  # noqa: E731
    started = time.monotonic()
    assert fetch(client, server.serve("app", hostile.in_turn(limited, image()))).command == ("good",)
    assert time.monotonic() - started >= 1


def test_a_long_retry_after_is_refused_at_once_and_remembered(
    server: HostileServer, client: RegistryClient
) -> None:
    reference = server.serve("app", lambda visit: visit.answer(429, headers={"Retry-After": "3600"}))
    for _ in range(3):
        started = time.monotonic()
        assert "TOOMANYREQUESTS" in refusal(client, reference)
        assert time.monotonic() - started < 0.5
    assert len(server.visits) == 1


def test_a_limit_of_one_account_does_not_hold_for_another(
    server: HostileServer, client: RegistryClient
) -> None:
    limited = lambda visit: visit.answer(429, headers={"Retry-After": "3600"})  # noqa: E731

    def behave(visit: Visit) -> None:
        first = visit.headers["Authorization"] == Credential("first", "password").basic()
        (limited if first else image())(visit)

    reference = server.serve("app", hostile.challenge("Basic realm=x", then=behave))
    assert fetch(client, reference, secret(server.host, "first"), secret(server.host, "second")).command == (
        "good",
    )
    wrong = lambda visit: visit.answer(401, headers={"WWW-Authenticate": "Basic realm=x"})  # noqa: E731
    server.serve("app", hostile.challenge("Basic realm=x", then=hostile.in_turn(limited, wrong)))
    message = refusal(client, f"{server.host}/app/b", secret(server.host, "1"), secret(server.host, "2"))
    assert "TOOMANYREQUESTS" in message


def test_a_registry_without_head_is_read_again(server: HostileServer, client: RegistryClient) -> None:
    for status in (404, 405, 501):
        server.serve(
            "app",
            lambda visit, status=status: visit.answer(status) if visit.command == "HEAD" else image()(visit),
        )
        for _ in range(2):
            assert fetch(client, f"{server.host}/app/app:latest").command == ("good",)
    assert [method for method, _, _ in server.visits].count("HEAD") == 5


def test_a_registry_that_fails_repeatedly_gets_no_requests_for_a_while(
    server: HostileServer, client: RegistryClient
) -> None:
    reference = server.serve("app", lambda visit: visit.answer(500))
    for _ in range(3):
        refusal(client, reference)
    visits = len(server.visits)
    assert "UNREACHABLE" in refusal(client, reference)
    assert len(server.visits) == visits


def test_one_namespace_does_not_get_all_the_threads(server: HostileServer, connect: Connect) -> None:
    client = connect(lookups=2)
    slow = server.serve("slow", hostile.silence)
    good = server.serve("good", image())
    waiting = threading.Thread(target=refusal_in, args=(client, slow, "greedy"))
    waiting.start()
    time.sleep(0.2)
    with pytest.raises(ImageNotRead, match="BUSY"):
        client.fetch(ImageQuery(good, namespace="greedy"), Deadline(BUDGET_S))
    assert client.fetch(ImageQuery(good, namespace="other"), Deadline(BUDGET_S)).command == ("good",)
    waiting.join()


def refusal_in(client: RegistryClient, reference: str, namespace: str) -> None:
    with pytest.raises(ImageNotRead):
        client.fetch(ImageQuery(reference, namespace=namespace), Deadline(BUDGET_S))
