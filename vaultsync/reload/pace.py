"""The pace: how many workloads are restarted in a minute; one namespace gets at most three quarters while others wait."""

import threading
import time
from collections import deque
from collections.abc import Callable

_MINUTE_S = 60.0


class Pace:
    """Grants at most `per_minute` rollouts in any minute; safe to share between threads."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._share = max(1, per_minute * 3 // 4)
        self._lock = threading.Lock()
        self._granted: deque[tuple[float, str]] = deque()
        """Time and namespace of each rollout of the last minute."""
        self._waiting: dict[str, float] = {}
        """Namespaces that were refused a rollout in the last minute and have had none since, with the time of the refusal."""

    def grant(self, namespace: str) -> float:
        """Grant a rollout in a namespace and return 0, or return the seconds until the next request may succeed."""
        with self._lock:
            now = self._clock()
            self._forget(now - _MINUTE_S)
            own = [at for at, each in self._granted if each == namespace]
            if len(own) >= self._share and self._waiting.keys() - {namespace}:
                first = own[-self._share]
            elif len(self._granted) >= self._per_minute:
                first = self._granted[0][0]
            else:
                self._granted.append((now, namespace))
                self._waiting.pop(namespace, None)
                return 0.0
            self._waiting[namespace] = now
            return first + _MINUTE_S - now

    def _forget(self, until: float) -> None:
        while self._granted and self._granted[0][0] <= until:
            self._granted.popleft()
        self._waiting = {namespace: at for namespace, at in self._waiting.items() if at >= until}
