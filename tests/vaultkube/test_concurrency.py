"""A gate limits threads, and leaves room for others beside a greedy holder."""

import threading
import time

import pytest

from vaultkube.concurrency import Gate

FULL = TimeoutError("full")


def test_a_gate_lets_no_more_than_its_limit_in() -> None:
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

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == [3]


def test_a_full_gate_times_out_and_other_keys_stay_free() -> None:
    gate = Gate(1)
    with gate.entered("busy", "me", 1, FULL):
        with pytest.raises(TimeoutError, match="full"), gate.entered("busy", "me", 0.05, FULL):
            pass
        with gate.entered("other", "me", 0.05, FULL):
            pass
    with gate.entered("busy", "me", 0.05, FULL):
        pass


def test_a_holder_gets_no_more_than_its_share() -> None:
    gate = Gate(3)
    assert [gate.enter("key", "me", 0) for _ in range(3)] == [True, True, False]
    assert [gate.enter("key", "you", 0) for _ in range(2)] == [True, False]
    gate.leave("key", "you")
    assert not gate.enter("key", "me", 0)
    gate.leave("key", "me")
    assert gate.enter("key", "me", 0)


def test_waiting_threads_enter_before_later_ones() -> None:
    gate = Gate(1)
    entered: list[int] = []

    def work(number: int) -> None:
        with gate.entered("key", "me", 10, FULL):
            entered.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    with gate.entered("key", "me", 1, FULL):
        for number, thread in enumerate(threads):
            thread.start()
            while len(gate._lines.get(("key", "me"), ())) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert entered == [0, 1, 2, 3, 4]
    assert not gate._lines
