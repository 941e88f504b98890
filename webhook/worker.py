"""A worker process that gives a thread only to requests that have arrived whole.

gunicorn's own hands every connection to a thread at once, which then waits for the handshake and the request: as many
slow or silent clients as there are threads stop it. Here the main loop waits for all connections together, and a
client that stops in the middle of something costs nothing but its own connection.
"""

import errno
import selectors
import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from gunicorn import http
from gunicorn.sock import ssl_wrap_socket
from gunicorn.workers.gthread import TConn, ThreadWorker

from webhook.arrival import Arrival

_ARRIVAL_S = 10.0
"""How long a handshake, and a request that has begun, may take to arrive."""

_READ_SIZE = 256 << 10
_HELD_LIMIT = 32 << 20
"""What unfinished requests may take together in one worker process, in bytes."""

_UNFINISHED = (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError)


class Connection(TConn):  # type: ignore[misc]
    """A connection whose handshake and requests are taken as they come, without waiting."""

    sock: Any

    def __init__(self, cfg: Any, client: Any, address: Any, server: Any) -> None:
        super().__init__(cfg, client, address, server)
        if cfg.is_ssl:
            self.sock = ssl_wrap_socket(self.sock, cfg)
        self.parser = http.get_parser(cfg, self.sock, address)
        self.initialized = True
        self.greeted = not cfg.is_ssl
        self.arrival = Arrival()

    def receive(self) -> bool:
        """Take what has come; whether a thread can go on. OSError if nothing more will come."""
        if not self.greeted:
            self.sock.do_handshake()
            self.greeted = True
        while not self.arrival.is_whole():
            data = self.sock.recv(_READ_SIZE)
            if not data:
                raise ConnectionResetError
            self.arrival.received += data
        return True

    def take(self) -> None:
        """Give what has arrived to gunicorn's parser, and begin anew."""
        self.parser.unreader.unread(bytes(self.arrival.received))
        self.arrival = Arrival()

    def is_idle(self) -> bool:
        """Whether the client may send its next request whenever it likes."""
        return self.greeted and not self.arrival.received


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads that never wait for a request."""

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
        self._arriving(conn)

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Take what comes on an idle connection."""
        self.keepalived_conns.remove(conn)
        self._go_on(conn, self._arriving)

    def on_pending_socket_readable(self, conn: Any, client: Any) -> None:
        """Take what comes of a handshake or a request that has begun."""
        self._go_on(conn, self._still_arriving)

    def _go_on(self, conn: Connection, unfinished: Callable[[Connection], None]) -> None:
        """Take what has come, then: a thread for a whole request; patience with an idle client; or `unfinished`."""
        self.poller.unregister(conn.sock)
        try:
            conn.receive()
        except _UNFINISHED:
            if conn.is_idle():
                self._forget(conn)
                self._idle(conn)
            elif self._held() > _HELD_LIMIT:
                self._close(conn)
            else:
                unfinished(conn)
        except OSError:
            self._close(conn)
        else:
            self._forget(conn)
            conn.take()
            self.enqueue_req(conn)

    def _arriving(self, conn: Connection) -> None:
        conn.timeout = time.monotonic() + _ARRIVAL_S
        self.pending_conns.append(conn)
        self._still_arriving(conn)

    def _still_arriving(self, conn: Connection) -> None:
        self._watch(conn, self.on_pending_socket_readable)

    def _idle(self, conn: Connection) -> None:
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        self._watch(conn, self.on_client_socket_readable)

    def _watch(self, conn: Connection, callback: Callable[[Any, Any], None]) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(callback, conn))

    def _forget(self, conn: Connection) -> None:
        if conn in self.pending_conns:
            self.pending_conns.remove(conn)

    def _close(self, conn: Connection) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def _held(self) -> int:
        return sum(len(conn.arrival.received) for conn in self.pending_conns)
