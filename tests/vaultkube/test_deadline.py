"""Deadlines: what is left, and moments in which nothing may be waited for."""

import pytest

from tests.webhook.clock import Clock
from vaultkube.deadline import Deadline, Moment, MustWait
from vaultkube.errors import OutOfTime


def test_what_is_left_gets_less_and_never_negative() -> None:
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


def test_in_a_moment_nothing_may_be_waited_for() -> None:
    with pytest.raises(MustWait):
        Moment().remaining_s()


def test_a_moment_of_work_is_let_be_and_more_must_wait() -> None:
    clock = Clock()
    moment = Moment(clock)
    moment.check()
    clock.now_s += 0.1
    with pytest.raises(MustWait):
        moment.check()


def test_no_handler_on_the_way_takes_it_for_an_error() -> None:
    assert not issubclass(MustWait, Exception)
