"""The bound on objects that a process resolves at once; others wait, and are refused in the end."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from vaultenv.references.values import Transit
from vaultkube.deadline import Deadline
from vaultkube.errors import VaultUnavailable
from vaultkube.vault.login import FieldNames, Resolution, VaultLogin
from webhook.admission.gather import fetch
from webhook.admission.services import Services

NAMES = FieldNames(*[""] * 7)
LOGIN = VaultLogin("https://vault.example.com", "kubernetes", "role", "team", "default", NAMES)


class BusyVault:
    """Answers only when released, and counts the waiting requests."""

    def __init__(self) -> None:
        self.inside = threading.Semaphore(0)
        self.let_go = threading.Event()

    def resolve(self, _resolution: Resolution, _deadline: Deadline) -> dict[str, bytes | None]:
        self.inside.release()
        assert self.let_go.wait(30)
        return {}


def services(vault: BusyVault) -> Services:
    return Services(cluster=None, registry=None, vault=vault, own_namespace="webhook")  # type: ignore[arg-type]


def resolution(namespace: str) -> Resolution:
    return Resolution({}, replace(LOGIN, namespace=namespace), Transit())


def enter(vault: BusyVault, count: int) -> None:
    for _ in range(count):
        assert vault.inside.acquire(timeout=30)


def test_objects_beyond_the_bound_wait_and_are_refused_as_unavailable_when_their_time_is_over() -> None:
    vault = BusyVault()
    shared = services(vault)
    with ThreadPoolExecutor(5) as pool:
        first = [
            pool.submit(fetch, resolution(f"team-{number}"), shared, Deadline(60)) for number in range(4)
        ]
        enter(vault, 4)
        with pytest.raises(VaultUnavailable, match="too many objects are being resolved"):
            fetch(resolution("late"), shared, Deadline(0.05))
        waiting = pool.submit(fetch, resolution("patient"), shared, Deadline(60))
        assert not vault.inside.acquire(timeout=0.1)
        vault.let_go.set()
        assert [future.result(30) for future in (*first, waiting)] == [{}] * 5


def test_one_namespace_leaves_room_for_others() -> None:
    vault = BusyVault()
    shared = services(vault)
    with ThreadPoolExecutor(4) as pool:
        greedy = [pool.submit(fetch, resolution("greedy"), shared, Deadline(60)) for _ in range(3)]
        enter(vault, 3)
        with pytest.raises(VaultUnavailable):
            fetch(resolution("greedy"), shared, Deadline(0.05))
        other = pool.submit(fetch, resolution("other"), shared, Deadline(60))
        enter(vault, 1)
        vault.let_go.set()
        assert [future.result(30) for future in (*greedy, other)] == [{}] * 4
