"""The queue on a clock that a test moves."""

import threading

from vaultsync.cluster.store import Key
from vaultsync.control.queue import Queue

A, B = Key("VaultAuth", "n", "a"), Key("VaultAuth", "n", "b")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_object_due_first_comes_first_and_its_earliest_time_wins() -> None:
    clock = Clock()
    queue = Queue(clock)
    queue.put(A, 10)
    queue.put(B, 5)
    queue.put(A, 1)
    queue.put(A, 20)
    clock.now = 6.0
    assert [queue.get(), queue.get()] == [A, B]
    assert len(queue) == 0


def test_an_object_is_not_worked_on_twice_at_once_and_not_forgotten_meanwhile() -> None:
    queue = Queue(Clock())
    queue.put(A)
    assert queue.get() == A
    queue.put(A)
    queue.put(B)
    assert queue.get() == B
    queue.done(A)
    assert queue.get() == A


def test_the_queue_is_idle_without_due_objects_and_work() -> None:
    queue = Queue(Clock())
    queue.put(A, 5)
    assert queue.is_idle()
    queue.put(B)
    assert not queue.is_idle()
    assert queue.get() == B
    assert not queue.is_idle()
    queue.done(B)
    assert queue.is_idle()


def test_objects_of_one_namespace_leave_places_to_those_of_others() -> None:
    clock = Clock()
    queue = Queue(clock, places=4)
    ours = [Key("VaultAuth", "n", str(number)) for number in range(6)]
    theirs = Key("VaultAuth", "other", "a")
    for number, key in enumerate(ours):
        queue.put(key, number / 10)
    queue.put(theirs, 1)
    clock.now = 2.0
    assert [queue.get() for _ in range(4)] == [*ours[:3], theirs]
    queue.put(ours[5])  # not earlier than before
    queue.put(ours[4], -9)
    queue.done(ours[1])
    assert queue.get() == ours[4]
    queue.done(ours[0])
    queue.done(ours[2])
    assert [queue.get(), queue.get()] == [ours[3], ours[5]]
    for key in (*ours[3:], theirs):
        queue.done(key)
    assert queue.is_idle()
    assert len(queue) == 0


def test_a_worker_waits_for_an_object_that_is_due_in_a_thousand_years() -> None:
    queue, found = Queue(), []
    queue.put(A, 3e10)
    worker = threading.Thread(target=lambda: found.append(queue.get()))
    worker.start()
    worker.join(0.1)
    queue.put(B)
    worker.join(10)
    assert found == [B]


def test_an_ended_queue_gives_out_nothing() -> None:
    queue = Queue(Clock())
    queue.put(A)
    queue.close()
    assert queue.get() is None
