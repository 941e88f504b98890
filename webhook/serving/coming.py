"""Connections that wait in gunicorn's poller for a step of their handshake, a request, or the client's end."""

import socket
from collections.abc import Callable
from select import POLLIN, poll
from selectors import EVENT_READ, BaseSelector
from typing import Any

_SWEEP_S = 0.25


class Coming:
    """Calls a function for each connection on which bytes arrive, and finds those on which they are overdue."""

    def __init__(self, poller: BaseSelector) -> None:
        self._poller = poller
        self._waiting: dict[Any, None] = {}
        self._next_sweep = 0.0

    def __contains__(self, conn: object) -> bool:
        """Return whether the connection waits."""
        return conn in self._waiting

    def wait(self, conn: Any, on_readable: Callable[[Any], None]) -> None:
        """Call `on_readable` when bytes have arrived on the connection, which then no longer waits."""

        def readable(_: object) -> None:
            if conn in self._waiting:  # else closed for a newer one that was seen at the same time
                self.remove(conn)
                on_readable(conn)

        self._waiting[conn] = None
        self._poller.register(conn.sock, EVENT_READ, readable)

    def remove(self, conn: Any) -> None:
        """Wait no longer for bytes on the connection."""
        self._poller.unregister(conn.sock)
        del self._waiting[conn]

    def overdue(self, now: float) -> list[Any]:
        """Return the connections whose time was over at `now`, in seconds of the monotonic clock; at most every 0.25 s.

        Bytes that have arrived but were not read yet count as in time, once for each request.
        """
        if now < self._next_sweep:
            return []
        self._next_sweep = now + _SWEEP_S
        return [conn for conn in self._waiting if conn.incoming.until <= now and not _is_spared(conn)]

    def end_by(self, deadline: float) -> None:
        """Give no connection more time than until `deadline`."""
        for conn in self._waiting:
            conn.incoming.until = min(conn.incoming.until, deadline)


def _is_spared(conn: Any) -> bool:
    """Return whether the connection may stay, for the first time, as bytes have arrived."""
    was_late, conn.incoming.is_late = conn.incoming.is_late, True
    return not was_late and has_arrived(conn.sock)


def has_arrived(sock: socket.socket) -> bool:
    """Return whether there are bytes to read, or the end of the connection."""
    arrived = poll()
    arrived.register(sock, POLLIN)
    return bool(arrived.poll(0))
