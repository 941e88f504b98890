"""A worker process that gives a thread only to requests that have arrived whole.

gunicorn's own hands every connection to a thread at once, which then waits for the handshake and the request: as many
slow or silent clients as there are threads stop it. Here the main loop waits for all connections together, and a
client that stops in the middle of something costs nothing but its own connection. A connection stays watched while a
thread answers, as clients rarely send before they have the answer: so an answer costs the main loop nothing.
"""

import contextlib
import errno
import math
import selectors
import ssl
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from webhook.connection import Connection

_HELD_LIMIT = 32 << 20
"""What unfinished requests may take together in one worker process, in bytes."""

_SWEEP_S = 0.5
_UNFINISHED = (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError)


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads that never wait for a request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connections: set[Connection] = set()
        self._idle_until = math.inf
        self._swept_at = -math.inf

    def accept(self, listener: Any) -> None:
        """Accept a connection, and wait for its handshake."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        try:
            conn = Connection(self.cfg, client, address, listener.getsockname())
        except OSError:
            client.close()
            return
        self.nr_conns += 1
        self._connections.add(conn)
        self._watch(conn)

    def enqueue_req(self, conn: Connection) -> None:
        """Have a thread answer."""
        conn.busy = True
        self.tpool.submit(self._answer, conn)

    def murder_keepalived(self, force: bool = False) -> None:
        """Close the connections whose time is over, or all that no thread has."""
        now = time.monotonic()
        if now < self._swept_at + _SWEEP_S and not force:
            return
        self._swept_at = now
        for conn in [conn for conn in self._connections if not conn.busy]:
            limit = min(conn.timeout, self._idle_until) if conn.idle else conn.timeout
            if limit <= now or force:
                self._close(conn)

    def murder_pending(self) -> None:
        """There is no second list of connections."""

    def _cap_keepalive(self, deadline: float) -> None:
        """Close idle connections by `deadline`, as the worker ends."""
        self._idle_until = deadline

    def _readable(self, conn: Connection, _: Any) -> None:
        """Take what has come; what comes while a thread has the connection waits unwatched.

        `parked` is set before `busy` is read, and read by `_answer` after `busy` is cleared: neither misses the other.
        """
        conn.parked = True
        if conn.busy:
            self.poller.unregister(conn.sock)
            return
        conn.parked = False
        try:
            conn.receive()
        except _UNFINISHED:
            conn.expect_more()
            if conn.held and sum(other.held for other in self._connections) > _HELD_LIMIT:
                self._close(conn)
        except OSError:
            self._close(conn)
        else:
            conn.take()
            self.enqueue_req(conn)

    def _answer(self, conn: Connection) -> None:
        """Answer the request; runs in a thread."""
        kept = False
        try:
            kept = self.handle(conn)
        finally:
            if kept and not conn.has_next():
                conn.rest()
                conn.busy = False
                if conn.parked:
                    self.method_queue.defer(self._resume, conn)
            else:
                self.method_queue.defer(self._answered, conn, kept)

    def _resume(self, conn: Connection) -> None:
        if conn.parked and conn in self._connections:
            conn.parked = False
            self._watch(conn)

    def _answered(self, conn: Connection, kept: bool) -> None:
        if kept:
            self.enqueue_req(conn)
        else:
            self._close(conn, graceful=True)

    def _watch(self, conn: Connection) -> None:
        stale = self.poller.get_map().get(conn.sock.fileno())
        if stale is not None:  # its thread has closed it, and the number has a new owner
            self.poller.unregister(stale.fileobj)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._readable, conn))

    def _close(self, conn: Connection, graceful: bool = False) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self._connections.discard(conn)
        self.nr_conns -= 1
        with contextlib.suppress(OSError):
            conn.close(graceful)
