"""The pace: how many workloads are rolled in a minute."""

import threading
import time
from collections import deque
from collections.abc import Callable

_MINUTE_S = 60.0


class Pace:
    """Grants so many rollouts in any minute; safe to share between threads."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._granted: deque[float] = deque(maxlen=per_minute)

    def grant(self) -> float:
        """Grant a rollout and return 0, or return the seconds until one may be asked for again."""
        with self._lock:
            now = self._clock()
            if len(self._granted) == self._granted.maxlen and now < self._granted[0] + _MINUTE_S:
                return self._granted[0] + _MINUTE_S - now
            self._granted.append(now)
            return 0.0
