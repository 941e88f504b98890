"""Deadlines: one for all outgoing calls of an admission, and for its own work."""

import math
import time
from collections.abc import Callable

from vaultkube.errors import OutOfTime

_MOMENT_S = 0.005


class WouldBlock(BaseException):
    """Work has used more time than a serving thread can spare: it is started again in a thread of its own.

    It is no Exception, so that no error handler on its way catches it.
    """


class Deadline:
    """A point in time, `budget_s` seconds after its creation, that every outgoing call of one admission respects."""

    def __init__(self, budget_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + budget_s

    def remaining_s(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self._end - self._clock())

    def passed(self) -> bool:
        """Return whether no time is left."""
        return self._clock() >= self._end

    def check(self) -> None:
        """Raise OutOfTime if no time is left. Long work calls it before each of its parts."""
        if self._clock() >= self._end:
            raise OutOfTime("there is too much in it to decide in time; make it smaller, or divide it")


class ShortDeadline(Deadline):
    """A deadline for a serving thread: until `resume`, `check` raises WouldBlock after 5 ms of work.

    Work is the thread's own processor time: on a busy machine 5 ms pass in the middle of the shortest review.
    """

    def __init__(
        self,
        budget_s: float,
        clock: Callable[[], float] = time.monotonic,
        work_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        super().__init__(budget_s, clock)
        self._work_clock = work_clock
        self._pause = clock() + _MOMENT_S
        self._soonest = min(self._pause, self._end)
        self._work_pause = work_clock() + _MOMENT_S

    def resume(self) -> None:
        """Allow work until the deadline, as the thread no longer serves others."""
        self._pause, self._soonest = math.inf, self._end

    def check(self) -> None:
        """Raise WouldBlock after 5 ms of work, and OutOfTime after the deadline."""
        now = self._clock()
        if now < self._soonest:
            return
        super().check()
        # Reading the thread's clock is a system call, reading the other clock is not.
        if now >= self._pause and self._work_clock() >= self._work_pause:
            raise WouldBlock


UNLIMITED = Deadline(math.inf)
"""The deadline of work without a time limit."""
