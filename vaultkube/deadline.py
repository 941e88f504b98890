"""One monotonic deadline for everything that an admission waits for, and for its own work."""

import math
import time
from collections.abc import Callable
from typing import NoReturn

from vaultkube.errors import OutOfTime

_MOMENT_S = 0.005


class MustWait(BaseException):
    """A decision that nobody may wait for needs a call to somebody else, or more than a moment of work.

    No Exception, as nothing on its way may handle it: the request is begun again where it may take its time.
    """


class Deadline:
    """A point in time, `budget_s` seconds after its making, that every outgoing call of one admission respects."""

    def __init__(self, budget_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + budget_s

    def remaining_s(self) -> float:
        """Seconds left, never below zero; MustWait where none may be waited for."""
        return max(0.0, self._end - self._clock())

    def passed(self) -> bool:
        """Whether nothing is left."""
        return self._clock() >= self._end

    def check(self) -> None:
        """Return while something is left; OutOfTime after that. Long work asks before each of its parts."""
        if self._clock() >= self._end:
            raise OutOfTime("there is too much in it to decide in time; make it smaller, or divide it")


class Moment(Deadline):
    """The deadline of a decision that keeps others from being served: no call may be waited for, and work ends soon."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(_MOMENT_S, clock)

    def remaining_s(self) -> NoReturn:
        """Raise MustWait: who asks is about to wait."""
        raise MustWait

    def check(self) -> None:
        """Return for a moment; MustWait after that."""
        if self._clock() >= self._end:
            raise MustWait


UNLIMITED = Deadline(math.inf)
"""For work that nobody waits for."""
