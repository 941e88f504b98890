"""Memory limits for answers, shared by all exchanges of one piece of work."""

import threading
from typing import Protocol

import requests


class NoRoom(requests.exceptions.ContentDecodingError):
    """An answer is longer than the memory limit."""


class AnswerRoom(Protocol):
    """A memory limit for answers; an implementation may raise errors of its own."""

    def reserve(self, size_bytes: int) -> None:
        """Reserve so many further bytes before they are read; raise an error above the limit."""


class Room:
    """Counts the bytes left for answers; safe to share between threads."""

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self._left_bytes = size_bytes
        self._lock = threading.Lock()

    def reserve(self, size_bytes: int) -> None:
        """Reserve so many bytes; raise NoRoom if fewer are left, and at every later call."""
        with self._lock:
            self._left_bytes -= size_bytes
            if self._left_bytes < 0:
                raise NoRoom(f"the answers are longer than {self.size_bytes} bytes")
