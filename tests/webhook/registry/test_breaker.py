"""A circuit breaker opens after failures in a row, and lets one attempt pass after a pause."""

from webhook.registry.breaker import Breaker


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_try_after_a_pause() -> None:
    now = [0.0]
    breaker = Breaker(failures=3, pause_s=5, clock=lambda: now[0])
    for _ in range(2):
        breaker.failed("host")
    assert not breaker.open("host")
    breaker.failed("host")
    assert breaker.open("host")
    assert not breaker.open("other")
    now[0] = 5.0
    assert [breaker.open("host") for _ in range(3)] == [False, True, True]
    breaker.succeeded("host")
    assert not breaker.open("host")


def test_a_success_between_failures_keeps_a_breaker_closed() -> None:
    breaker = Breaker(failures=2)
    for _ in range(5):
        breaker.failed("host")
        breaker.succeeded("host")
    assert not breaker.open("host")
