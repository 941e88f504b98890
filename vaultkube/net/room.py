"""Memory that answers may take, which all exchanges of one piece of work share."""

import threading
from typing import Protocol

import requests


class NoRoom(requests.exceptions.ContentDecodingError):
    """An answer is longer than there is room for."""


class AnswerRoom(Protocol):
    """Room for answers, which may have errors of its own."""

    def reserve(self, size_bytes: int) -> None:
        """Reserve so many bytes more, before they are read; raise an error if there is no room for them."""


class Room:
    """Bytes that are left for answers; safe to share between threads."""

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self._left_bytes = size_bytes
        self._lock = threading.Lock()

    def reserve(self, size_bytes: int) -> None:
        """Reserve so many bytes; raise NoRoom if fewer are left, now and from then on."""
        with self._lock:
            self._left_bytes -= size_bytes
            if self._left_bytes < 0:
                raise NoRoom(f"the answers are longer than {self.size_bytes} bytes")
