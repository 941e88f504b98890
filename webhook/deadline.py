"""One monotonic deadline for everything that an admission waits for, and for its own work."""

import math
import time
from collections.abc import Callable

from webhook.errors import OutOfTime


class Deadline:
    """A point in time, `budget_s` seconds after its making, that every outgoing call of one admission respects."""

    def __init__(self, budget_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + budget_s

    def remaining_s(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._end - self._clock())

    def passed(self) -> bool:
        """Whether nothing is left."""
        return self._clock() >= self._end

    def check(self) -> None:
        """Return while something is left; OutOfTime after that. Long work asks before each of its parts."""
        if self._clock() >= self._end:
            raise OutOfTime("there is too much in it to decide in time; make it smaller, or divide it")


UNLIMITED = Deadline(math.inf)
"""For work that nobody waits for."""
