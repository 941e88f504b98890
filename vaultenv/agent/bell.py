"""A bell between threads, which needs nothing but a lock."""

from _thread import allocate_lock


class Bell:
    """Wakes the thread that waits for it."""

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()

    def ring(self) -> None:
        """Wake the waiting thread, or let its next wait end at once."""
        try:
            self._lock.release()
        except RuntimeError:
            return

    def wait(self, duration_s: float) -> bool:
        """Return after this time, or with True when the bell rings."""
        return self._lock.acquire(timeout=max(0.0, duration_s))
