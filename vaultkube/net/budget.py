"""Sockets with one timeout for all later operations together, and with a limit of received bytes.

urllib3 applies the whole timeout to every single `recv`, so that one byte a second could last for ever; and http.client
accepts a hundred headers of 64 KiB, and any number of empty chunks and trailers.
"""

import socket
import ssl
import time
from http.client import HTTPException
from typing import Any


class TooLong(HTTPException):
    """The other side sent more than was expected."""


class Budget(socket.socket):
    """A socket whose `settimeout` limits all later operations together, not each of them."""

    _end: float | None = None
    _room: int | None = None

    def settimeout(self, value: float | None) -> None:
        self._end = None if value is None else time.monotonic() + value
        super().settimeout(value)

    def allow(self, seconds: float) -> None:
        """Allow all operations from now on so many seconds together; the socket may be closed already."""
        self._end = time.monotonic() + seconds

    def expect(self, size_bytes: int) -> None:
        """Receive at most so many bytes from now on; beyond, `recv_into` raises TooLong."""
        self._room = size_bytes

    def _spend(self) -> None:
        if self._end is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            super().settimeout(left)

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        self._spend()
        received = super().recv_into(*arguments, **options)
        if self._room is not None:
            self._room -= received
            if self._room < 0:
                raise TooLong
        return received

    def send(self, *arguments: Any, **options: Any) -> int:
        self._spend()
        return super().send(*arguments, **options)

    def sendall(self, *arguments: Any, **options: Any) -> None:
        self._spend()
        super().sendall(*arguments, **options)


class BudgetSocket(Budget):
    """A Budget without TLS."""


class BudgetTLSSocket(Budget, ssl.SSLSocket):
    """A Budget with TLS; its handshake has one timeout as a whole (CPython, Modules/_ssl.c)."""
