"""One monotonic deadline for everything from start to exec, and the pauses between attempts."""

import posix
import time

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
LEAST_PAUSE_S = 0.05
FOREVER_S = 10.0**9


class Deadline:
    """The point in time `budget_s` seconds after its creation; a budget of 0 means no limit."""

    __slots__ = ("_end",)

    def __init__(self, budget_s: float) -> None:
        self._end = time.monotonic() + (budget_s or FOREVER_S)

    def remaining_s(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self._end - time.monotonic())

    def passed(self) -> bool:
        """Return whether no time is left."""
        return self.remaining_s() == 0.0

    def sooner(self, budget_s: float) -> float:
        """Return the monotonic time of this deadline, or of `budget_s` seconds from now if that is sooner."""
        return min(self._end, time.monotonic() + budget_s)


class Backoff:
    """Pauses that double from a quarter of a second to five seconds, each shortened by up to a half at random.

    No pause is longer than half of the time that is left, so that an attempt after it can still succeed.
    """

    __slots__ = ("_deadline", "_pause_s")

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._pause_s = FIRST_PAUSE_S

    def wait(self) -> bool:
        """Sleep for the next pause and return True; return False at once if too little time is left for another attempt."""
        longest_s = self._deadline.remaining_s() / 2
        if longest_s < LEAST_PAUSE_S:
            return False
        time.sleep(min(self._pause_s, longest_s) * (1 - posix.urandom(1)[0] / 512))
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
        return True
