"""Equal requests at the same time share one fetch."""

import threading
import time

import pytest

from vaultkube.deadline import Deadline
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.single_flight import SingleFlight


def in_threads(*works: object) -> None:
    threads = [threading.Thread(target=work) for work in works]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)


def test_a_failure_is_shared_unless_the_fetching_thread_ran_out_of_time() -> None:
    flights: SingleFlight[str, str] = SingleFlight()
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
    flights: SingleFlight[str, str] = SingleFlight()
    under_way, failed, failed_first = threading.Event(), threading.Event(), []

    def slow() -> str:
        under_way.set()
        failed_first.append(failed.wait(5))
        return "value"

    def waiter() -> None:
        under_way.wait()
        with pytest.raises(RegistryFailure):
            flights.fetch("key", slow, Deadline(0.1))
        failed.set()

    in_threads(lambda: flights.fetch("key", slow, Deadline(20)), waiter)
    assert failed_first == [True]
