"""gunicorn's worker with threads, which uses a thread only for work that waits.

gunicorn gives every request to a thread, and a new connection too, which then waits for its handshake and its first
request: as many silent clients as there are threads stop the webhook, and a Go client dials connections that it may
never use. Here connections wait in gunicorn's poller until a request has come as a whole, and the poller's own thread
answers it if its decision needs nothing from outside. Threads take handshakes, long requests, and decisions that need
Vault, a registry or the API server.

gunicorn does not document the names that this builds on. `OVERRIDDEN` and `USED` list them; a test compares both with the
installed gunicorn, and with this file.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import _DEFER, ThreadWorker

from webhook.serving import fast_path
from webhook.serving.fast_path import State
from webhook.serving.reviewer import EXTENSION, Answer, Review, Reviewer

OVERRIDDEN = (
    *("enqueue_req", "finish_request", "handle", "handle_request", "load_wsgi", "murder_pending"),
    *("on_client_socket_readable", "_cap_keepalive"),
)
"""Methods of gunicorn's ThreadWorker that Worker replaces."""
USED = (
    *("alive", "cfg", "keepalived_conns", "log", "method_queue", "nr_conns", "pending_conns", "poller"),
    *("tpool", "wsgi"),
)
"""Attributes of gunicorn's ThreadWorker that Worker reads or changes."""
USED_OF_CONNECTIONS = (
    *("close", "data_ready", "init", "initialized", "is_http2", "parser", "set_timeout", "sock", "timeout"),
)
"""Attributes of gunicorn's TConn that Worker reads or changes."""

_REQUEST_S = 10.0
"""What a request that has begun may take to come, if no thread waits for it."""

_Outcome = bool | State | Callable[[], object]
"""Whether the connection stays open, COMING while a request does, or a call for a thread that decides it."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """Answers at once what can be; threads take handshakes and what takes time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begun_conns: deque[Any] = deque()

    def load_wsgi(self) -> None:
        """Load the application, and find what answers its reviews."""
        super().load_wsgi()
        self._reviewer: Reviewer = self.wsgi.extensions[EXTENSION]

    def enqueue_req(self, conn: Any) -> None:
        """Answer, if there is something to answer; else wait for it."""
        if not conn.initialized and not conn.data_ready:
            self._settle(conn, _DEFER)
        else:
            self._settle(conn, self._attempt(conn))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Answer on a kept connection, which stays where it is if it is kept once more."""
        outcome = self._attempt(conn)
        self.keepalived_conns.remove(conn)
        if outcome is True:
            conn.set_timeout()
            self.keepalived_conns.append(conn)
        else:
            self.poller.unregister(client)
            self._settle(conn, outcome)

    def on_begun_socket_readable(self, conn: Any, client: Any) -> None:
        """Take more of a request that has begun, and answer it if that was the rest."""
        outcome = self._attempt(conn)
        if outcome is not State.COMING:
            self.poller.unregister(client)
            self.begun_conns.remove(conn)
            self._settle(conn, outcome)

    def finish_request(self, conn: Any, fs: "Future[object]") -> None:
        """Watch a connection again, or close it: in a thread, as that waits for the client to close it too."""
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self.nr_conns -= 1
            self.tpool.submit(conn.close, graceful=True)

    def murder_pending(self) -> None:
        """Close connections whose first request, or the rest of one, has not come in time."""
        super().murder_pending()
        now = time.monotonic()
        while self.begun_conns and self.begun_conns[0].timeout <= now:
            conn = self.begun_conns.popleft()
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()

    def handle(self, conn: Any) -> Any:
        """Answer a request; of a new TLS connection take the handshake, and wait for the request. Runs in a thread."""
        if conn.initialized or not self.cfg.is_ssl:
            return super().handle(conn)
        try:
            conn.init()
        except OSError as error:
            self.log.debug("no handshake: %s", error)
            return False
        return super().handle(conn) if conn.sock.pending() else _DEFER

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request, and send the answer as a whole. Runs in a thread."""
        if not self.cfg.is_ssl:
            return super().handle_request(req, conn)
        with conn.sock.together():
            return super().handle_request(req, conn)

    def _attempt(self, conn: Any) -> _Outcome:
        """Answer a request that has come as a whole, if that takes no time."""
        by_thread = partial(self.handle, conn)
        if not self.alive or not conn.initialized or conn.is_http2:
            return by_thread
        if conn.sock.gettimeout() != 0:
            conn.sock.setblocking(False)
        try:
            received, found = fast_path.receive(conn.sock, conn.parser.unreader.take_buffered())
        except (OSError, EOFError):
            return False
        if isinstance(found, State):
            conn.parser.unreader.unread(received)
            return found if found is State.COMING else by_thread
        try:
            review = self._reviewer.begin(*found)
        except Exception:  # gunicorn and Flask meet it again, and answer
            conn.parser.unreader.unread(received)
            return by_thread
        return _send(conn, review) if isinstance(review, Answer) else partial(_finish, conn, review)

    def _settle(self, conn: Any, outcome: _Outcome) -> None:
        """Do what an attempt came to with a connection that nobody watches."""
        if outcome is State.COMING:
            conn.timeout = time.monotonic() + _REQUEST_S
            self.begun_conns.append(conn)
            self.poller.register(conn.sock, EVENT_READ, partial(self.on_begun_socket_readable, conn))
        elif callable(outcome):
            future = self.tpool.submit(outcome)
            future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))
        else:
            known: Future[object] = Future()
            known.set_result(outcome)
            self.finish_request(conn, known)

    def _cap_keepalive(self, deadline: float) -> None:
        """Close connections without a request by `deadline`, as the worker ends: those that never had one, too."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)


def _send(conn: Any, answer: Answer) -> _Outcome:
    try:
        rest = fast_path.send(conn.sock, fast_path.message(answer))
    except OSError:
        return False
    return partial(_send_rest, conn, rest) if rest else True


def _finish(conn: Any, review: Review) -> bool:
    """Finish a review that must wait, and send its answer. Runs in a thread."""
    return _send_rest(conn, fast_path.message(review.finish()))


def _send_rest(conn: Any, rest: bytes) -> bool:
    """Send what the client did not take at once, and return whether the connection stays. Runs in a thread."""
    conn.sock.setblocking(True)
    try:
        conn.sock.sendall(rest)
    except OSError:
        return False
    return True
