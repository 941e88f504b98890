"""Deadlines: the remaining time, and moments of work in threads that serve others."""

import pytest

from tests.webhook.clock import Clock
from vaultkube.deadline import Deadline, ShortDeadline, WouldBlock
from vaultkube.errors import OutOfTime


def test_the_remaining_time_shrinks_and_is_never_negative() -> None:
    clock = Clock()
    deadline = Deadline(2.0, clock)
    assert (deadline.remaining_s(), deadline.passed()) == (2.0, False)
    clock.now_s += 3
    assert (deadline.remaining_s(), deadline.passed()) == (0.0, True)


def test_long_work_ends_with_the_deadline() -> None:
    clock = Clock()
    deadline = Deadline(2.0, clock)
    deadline.check()
    clock.now_s += 2
    with pytest.raises(OutOfTime):
        deadline.check()


def test_a_short_deadline_ends_work_after_a_moment_until_it_is_resumed() -> None:
    clock, work_clock = Clock(), Clock()
    deadline = ShortDeadline(2.0, clock, work_clock)
    clock.now_s += 0.1  # the thread waited for its turn
    deadline.check()
    work_clock.now_s += 0.1  # and works now
    with pytest.raises(WouldBlock):
        deadline.check()
    deadline.resume()
    deadline.check()
    clock.now_s += 2
    with pytest.raises(OutOfTime):
        deadline.check()


def test_no_handler_of_errors_catches_the_end_of_a_moment() -> None:
    assert not issubclass(WouldBlock, Exception)
