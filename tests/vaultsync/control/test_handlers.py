"""Objects of further kinds: their handler works on them, and a failure is reported and retried."""

import socket
import threading

import pytest

from vaultkube.deadline import Deadline
from vaultkube.errors import NotResolved
from vaultkube.net import dial
from vaultkube.problem import Problem
from vaultsync.cluster.store import Key
from vaultsync.control.queue import Queue
from vaultsync.control.times import NEVER
from vaultsync.control.worker import Workers
from vaultsync.errors import InvalidResource

DB = Key("secrets", "shop", "db")


class Handling:
    """A handler that fails with the given errors in turn, and then lets the object wait."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.failures: list[str] = []
        self.done = threading.Event()

    def work(self, key: Key, deadline: Deadline) -> float:
        if self._errors:
            raise self._errors.pop(0)
        self.done.set()
        return NEVER

    def failed(self, key: Key, error: Exception, deadline: Deadline) -> None:
        self.failures.append(str(error))
        self.done.set()


def handled(handler: Handling) -> tuple[Workers, Queue]:
    """Let a worker handle the object once."""
    queue = Queue()
    workers = Workers(None, queue, 1, handlers={"secrets": handler})  # type: ignore[arg-type]  # not for custom objects
    queue.put(DB)
    workers.start()
    assert handler.done.wait(10)
    workers.finish(10)
    return workers, queue


def test_an_object_in_step_waits_as_its_handler_says() -> None:
    workers, queue = handled(Handling())
    assert (workers.done, workers.failed, workers.failing(), len(queue)) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("error", "waits"),
    [(NotResolved("Vault is sealed"), 1), (InvalidResource([Problem("kept-references", (), "forged")]), 0)],
)
def test_a_failure_is_reported_and_retried_unless_the_object_must_change(
    error: Exception, waits: int
) -> None:
    handler = Handling(error)
    workers, queue = handled(handler)
    assert (handler.failures, workers.failing(), len(queue)) == ([str(error)], 1, waits)


class Dialling(Handling):
    """A handler that connects to four hosts whose names are not looked up in time."""

    def work(self, key: Key, deadline: Deadline) -> float:
        for number in range(4):
            try:
                dial.dial(f"slow{number}.example.com", 443, 0.02)
            except dial.DialError as error:
                self.failures.append(str(error))
        return super().work(key, deadline)


def test_hosts_of_one_namespace_do_not_use_up_the_look_ups_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: answer.wait(30) and [])
    monkeypatch.setattr(dial, "_resolver", dial.Resolver(4))
    handler = Dialling()
    handled(handler)
    answer.set()
    timed_out = "name look-up: timed out"
    assert handler.failures == [timed_out] * 3 + ["name look-up: too many are under way"]
