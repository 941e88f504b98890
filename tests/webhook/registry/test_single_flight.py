"""Single flight, gates and breakers."""

import threading
import time

import pytest

from vaultkube.concurrency import Gate
from vaultkube.deadline import Deadline
from webhook.registry.breaker import Breaker
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.flights import Flights


def in_threads(*works: object) -> None:
    threads = [threading.Thread(target=work) for work in works]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)


def test_a_failure_is_shared_but_the_end_of_the_leaders_time_is_not() -> None:
    flights: Flights[str, str] = Flights()
    under_way, results = threading.Event(), []

    def slow() -> str:
        under_way.set()
        time.sleep(0.2)
        raise RegistryFailure(Kind.UNREACHABLE, "too slow for me")

    def leader() -> None:
        with pytest.raises(RegistryFailure):
            flights.fetch("key", slow, Deadline(0.1))

    def waiter() -> None:
        under_way.wait()
        results.append(flights.fetch("key", lambda: "value", Deadline(5)))

    in_threads(leader, waiter)
    assert results == [("value", False)]


def test_a_waiter_keeps_its_own_deadline() -> None:
    flights: Flights[str, str] = Flights()
    under_way, failures = threading.Event(), []

    def slow() -> str:
        under_way.set()
        time.sleep(0.5)
        return "value"

    def waiter() -> None:
        under_way.wait()
        started = time.monotonic()
        with pytest.raises(RegistryFailure):
            flights.fetch("key", slow, Deadline(0.1))
        failures.append(time.monotonic() - started)

    in_threads(lambda: flights.fetch("key", slow, Deadline(5)), waiter)
    assert failures and failures[0] < 0.4


FULL = RegistryFailure(Kind.BUSY, "full")


def test_a_gate_lets_so_many_in_and_no_more() -> None:
    gate, inside, most = Gate(3), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        with gate.entered("host", threading.current_thread().name, 10, FULL):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.01)
            with lock:
                inside[0] -= 1

    in_threads(*[work] * 20)
    assert most == [3]


def test_who_waits_at_a_gate_too_long_is_told_so_and_others_keys_are_free() -> None:
    gate = Gate(1)
    with gate.entered("busy", "me", 1, FULL):
        with pytest.raises(RegistryFailure, match="BUSY"), gate.entered("busy", "me", 0.05, FULL):
            pass
        with gate.entered("other", "me", 0.05, FULL):
            pass
    with gate.entered("busy", "me", 0.05, FULL):
        pass


def test_one_holder_has_its_share_and_no_more_until_one_of_its_own_leaves() -> None:
    gate = Gate(3)
    assert [gate.enter("key", "me", 0) for _ in range(3)] == [True, True, False]
    assert [gate.enter("key", "you", 0) for _ in range(2)] == [True, False]
    gate.leave("key", "you")
    assert not gate.enter("key", "me", 0)
    gate.leave("key", "me")
    assert gate.enter("key", "me", 0)


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
