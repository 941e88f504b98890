"""A signal between threads, made of one lock."""

from _thread import allocate_lock


class Bell:
    """Wakes the thread that waits for it."""

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()

    def ring(self) -> None:
        """Wake the waiting thread, or end its next wait at once."""
        try:
            self._lock.release()
        except RuntimeError:
            return

    def wait(self, duration_s: float) -> bool:
        """Wait for so many seconds, or until the bell rings; return whether it rang."""
        return self._lock.acquire(timeout=max(0.0, duration_s))
