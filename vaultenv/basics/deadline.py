"""One monotonic deadline for everything from start to exec, and the pauses between attempts."""

import posix
import time

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
FOREVER_S = 10.0**9


class Deadline:
    """The point in time `budget_s` seconds after its creation; with a budget of 0 it never comes."""

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
    """Pauses that double from a quarter of a second to five seconds, each shortened by up to a half at random."""

    __slots__ = ("_deadline", "_pause_s")

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._pause_s = FIRST_PAUSE_S

    def wait(self) -> bool:
        """Sleep for the next pause and return True; return False at once if the deadline comes before its end."""
        pause_s = self._pause_s * (1 - posix.urandom(1)[0] / 512)
        if pause_s >= self._deadline.remaining_s():
            return False
        time.sleep(pause_s)
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
        return True
