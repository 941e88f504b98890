"""The bound on long decisions; others wait, and are refused in the end."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vaultkube.deadline import Deadline
from vaultkube.errors import Unavailable
from webhook.admission.gather import begin_long
from webhook.admission.needs import SecretObject, Steps
from webhook.admission.review import Decision
from webhook.admission.services import Services

SERVICES = ("cluster", "registry", "vault")


def services() -> Services:
    return Services(**dict.fromkeys(SERVICES), own_namespace="webhook")  # type: ignore[arg-type]


class LongWork:
    """Decisions that work until they are released."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Event()

    def steps(self) -> Steps[Decision]:
        self.begun.release()
        assert self.let_go.wait(30)
        return Decision()
        yield


def test_one_namespace_has_one_long_decision_and_leaves_room_for_another() -> None:
    work, shared = LongWork(), services()
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(begin_long, work.steps(), shared, "greedy", Deadline(60))
        assert work.begun.acquire(timeout=30)
        with pytest.raises(Unavailable, match="too many large objects"):
            begin_long(work.steps(), shared, "greedy", Deadline(0.05))
        waiting = pool.submit(begin_long, work.steps(), shared, "greedy", Deadline(60))
        other = pool.submit(begin_long, work.steps(), shared, "other", Deadline(60))
        assert work.begun.acquire(timeout=30)
        with pytest.raises(Unavailable, match="too many large objects"):
            begin_long(work.steps(), shared, "late", Deadline(0.05))
        work.let_go.set()
        assert [future.result(30) for future in (first, waiting, other)] == [Decision()] * 3


def test_a_decision_that_ends_or_needs_something_makes_room() -> None:
    def failing() -> Steps[Decision]:
        raise RuntimeError
        yield

    def needing() -> Steps[Decision]:
        yield SecretObject("shop", "s")
        return Decision()

    shared = services()
    with pytest.raises(RuntimeError):
        begin_long(failing(), shared, "shop", Deadline(60))
    for _ in range(3):
        assert begin_long(needing(), shared, "shop", Deadline(0)) == SecretObject("shop", "s")
