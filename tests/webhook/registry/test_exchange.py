"""The wait for a busy server."""

import math

import pytest

from vaultkube.deadline import Deadline
from webhook.registry.addresses import AddressPolicy
from webhook.registry.exchange import Exchange, retry_after_s
from webhook.registry.transport import Reply, Request


class Answers:
    """A server with these answers."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)

    def send(self, request: Request, deadline: Deadline) -> Reply:
        return Reply(self.statuses.pop(0), {}, (), b"")


def status(*statuses: int) -> int:
    exchange = Exchange(Answers(*statuses), AddressPolicy(), sleep=lambda pause_s: None)
    return exchange.send(Request("GET", "https://registry.example.com/v2/", 0), Deadline(10)).status


@pytest.mark.parametrize("busy", [408, 429, 500, 503, 507, 520, 522, 530])
def test_a_server_that_fails_gets_the_request_again(busy: int) -> None:
    assert status(busy, 200) == 200


@pytest.mark.parametrize("final", [200, 400, 404, 405, 501])
def test_an_answer_that_stays_the_same_is_final(final: int) -> None:
    assert status(final) == final


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 60.0),
        ("Wed, 21 Oct 2015 07:26:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("999999999999", 999999999999.0),
        ("9" * 400, math.inf),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after_s(text, now=lambda: 1445412420.0) == seconds
