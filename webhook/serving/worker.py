"""gunicorn's threaded worker, which uses a thread only for work that waits.

gunicorn gives every request to a thread, and every new connection too, which then waits for its handshake and its first
request: as many silent clients as there are threads would block the webhook, and a Go client opens connections that it
may never use. Here connections wait in gunicorn's poller for each step of a handshake, for a request, and for the
client to close its side. The poller's own thread answers a review whose decision needs no fact from outside. Threads
process decisions that need Vault, a registry or the API server. Separate threads process unusual requests of clients
that have not shown yet that they are the API server, and one thread computes handshakes: so a new connection does not
wait until a decision has its facts.

A handshake has 5 s, and a request 5 s from its first byte. Callers other than the API server are refused when the head
of their request has arrived, before its body is read.

The API server does not send a review again whose connection was reset or closed, so none may be lost between two
requests. A connection that waits for a request stays open longer than the API server keeps it. A worker that ends still
accepts the connections that wait in the kernel, and ends a connection that waits with an answer: status 503 and
`Retry-After`. If a request is on its way at that moment, it gets this answer, and the API server sends it again.

gunicorn does not document the names that this file uses. `OVERRIDDEN` and `USED` list them; a test compares both with
the installed gunicorn, and with this file.
"""

import socket
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from itertools import takewhile
from typing import Any

from gunicorn import http, sock
from gunicorn.workers.gthread import ThreadWorker

from vaultkube.net.strangers import Strangers
from webhook.serving.callers import Callers
from webhook.serving.coming import Coming, has_arrived
from webhook.serving.fast_path import READS, SHORT_BYTES, Incoming, Request, State
from webhook.serving.reviewer import CALLERS, REVIEWER, Answer, Reviewer
from webhook.serving.sending import answer_review, finish_review, send_answer, send_last_answer
from webhook.serving.tls import handshake

OVERRIDDEN = (
    *("enqueue_req", "finish_request", "handle_request", "load_wsgi", "murder_keepalived", "murder_pending"),
    *("on_client_socket_readable", "set_accept_enabled", "_cap_keepalive"),
)
"""Methods of gunicorn's ThreadWorker that Worker replaces."""
USED = (
    *("alive", "cfg", "handle", "keepalived_conns", "method_queue", "nr_conns", "poller", "tpool"),
    *("wait_for_and_dispatch_events", "wsgi"),
)
"""Attributes of gunicorn's ThreadWorker that Worker reads or changes."""
USED_OF_CONNECTIONS = ("client", "close", "init", "initialized", "parser", "set_timeout", "sock", "timeout")
"""Attributes of gunicorn's TConn that Worker reads or changes; Worker itself adds `incoming`."""

_REQUEST_S = 5.0
"""The time for a handshake, and for each request from its first byte."""
_LINGER_S = 2.0
"""The time for a client to close its side after an answer that ends the connection (RFC 9112, 9.6), and for the next
request of a connection when the worker ends.
"""
_RECORD = 16_384

_Outcome = bool | State | Callable[[], object]
"""Whether the connection stays open, a State other than a review, or a call that decides it in a thread."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """Answers short requests at once; threads process those that wait or compute for long."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.strangers: Strangers[Any] = Strangers()

    def load_wsgi(self) -> None:
        """Load the application, and read its Reviewer and its Callers."""
        super().load_wsgi()
        self._coming = Coming(self.poller)
        self._strangers_threads = ThreadPoolExecutor(max(1, self.cfg.threads // 4))
        self._handshake_thread = ThreadPoolExecutor(1)
        self._reviewer: Reviewer = self.wsgi.extensions[REVIEWER]
        self._callers: Callers = self.wsgi.extensions[CALLERS]

    def enqueue_req(self, conn: Any) -> None:
        """Begin a new connection, or answer the bytes that an earlier request has left in the buffer."""
        if conn.initialized:
            conn.incoming = self._incoming(conn, conn.parser.unreader.take_buffered())
            self._settle(conn, self._attempt(conn))
            return
        oldest = self.strangers.add(
            conn, str(conn.client[0]) if conn.client else "", self._coming.__contains__
        )
        if oldest is conn:
            self._close(conn)
            return
        if oldest is not None:
            self._drop(oldest)
        conn.incoming = self._incoming(conn)
        if self.cfg.is_ssl:
            self._begin_handshake(conn)
        else:
            conn.init()
            self._settle(conn, self._attempt(conn))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Answer a further request of a connection, which remains in the poller if it stays open."""
        conn.incoming = self._incoming(conn)
        outcome = self._attempt(conn)
        self.keepalived_conns.remove(conn)
        if outcome is True:
            conn.set_timeout()
            self.keepalived_conns.append(conn)
        else:
            self.poller.unregister(client)
            self._settle(conn, outcome)

    def on_hello(self, conn: Any) -> None:
        """Compute a step of the handshake in a thread."""
        self._in_thread(
            self._handshake_thread, partial(handshake, conn.sock), partial(self.after_handshake, conn)
        )

    def after_handshake(self, conn: Any, step: "Future[bool | None]") -> None:
        """Continue with the next step of the handshake, or with the request."""
        done = step.result()
        if done:
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
            self.on_request(conn)
        elif done is None and time.monotonic() < conn.incoming.until:
            self._coming.wait(conn, self.on_hello)
        else:
            self._close(conn)

    def on_request(self, conn: Any) -> None:
        """Read a request or more of it, and answer it if it is complete."""
        if not conn.incoming.has_begun:
            conn.incoming = self._incoming(conn)
        self._settle(conn, self._attempt(conn))

    def on_end(self, conn: Any) -> None:
        """Discard the bytes that a client still sends after the last answer, until it closes its side."""
        try:
            for _ in range(READS):
                if not conn.sock.recv(_RECORD):
                    self._close(conn)
                    return
        except BlockingIOError:
            pass
        except OSError:
            self._close(conn)
            return
        self._coming.wait(conn, self.on_end)

    def finish_request(self, conn: Any, fs: "Future[object]") -> None:
        """Watch a connection again, or end it.

        A connection without a review from the API server ends with its answer.
        """
        stays = not fs.cancelled() and not fs.exception() and fs.result()
        if stays and self._is_known(conn):
            super().finish_request(conn, fs)
        else:
            self._end(conn)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections, or leave them in the kernel; accept as long as there are others when the worker ends."""
        if enabled or self.alive:
            super().set_accept_enabled(enabled)
        else:
            self.wait_for_and_dispatch_events(timeout=0)

    def murder_keepalived(self, force: bool = False) -> None:
        """End connections whose next request has not arrived in time."""
        now = time.monotonic()
        expired = takewhile(lambda conn: force or conn.timeout <= now, self.keepalived_conns)
        for conn in [conn for conn in expired if force or not has_arrived(conn.sock)]:
            self.keepalived_conns.remove(conn)
            self.poller.unregister(conn.sock)
            self._refuse(conn, State.LATE)

    def murder_pending(self) -> None:
        """End connections whose handshake, request or end has not arrived in time."""
        for conn in self._coming.overdue(time.monotonic()):
            if conn.incoming.is_awaited:
                self._coming.remove(conn)
                self._refuse(conn, State.LATE)
            else:
                self._drop(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request, and send head and body of the answer together. Runs in a thread."""
        if not self.cfg.is_ssl:
            return super().handle_request(req, conn)
        with conn.sock.together():
            return super().handle_request(req, conn)

    def _incoming(self, conn: Any, received: bytes = b"") -> Incoming:
        return Incoming(time.monotonic() + _REQUEST_S, partial(self._allows, conn), received)

    def _allows(self, conn: Any, segment: bytes) -> bool:
        return self._callers.allows(segment, conn.sock)

    def _begin_handshake(self, conn: Any) -> None:
        conn.initialized = True
        try:
            conn.sock = sock.ssl_wrap_socket(conn.sock, self.cfg)
        except OSError:
            self._close(conn)
        else:
            self._coming.wait(conn, self.on_hello)

    def _attempt(self, conn: Any) -> _Outcome:
        """Answer a request that has arrived completely, if that takes no time."""
        if conn.sock.gettimeout() != 0:
            conn.sock.setblocking(False)
        incoming = conn.incoming
        try:
            found = incoming.receive(conn.sock)
        except (OSError, EOFError):
            return False
        if (not self.alive and found is not State.COMING) or found is State.UNUSUAL:
            conn.parser.unreader.unread(incoming.received())
            return partial(self.handle, conn)
        return self._review(conn, found) if isinstance(found, Request) else found

    def _review(self, conn: Any, request: Request) -> _Outcome:
        self.strangers.remove(conn)
        if len(request.body) > SHORT_BYTES:
            return partial(answer_review, conn, self._reviewer, request)
        try:
            review = self._reviewer.begin(*request)
        except Exception:  # gunicorn and Flask raise it again, and answer
            conn.parser.unreader.unread(conn.incoming.received())
            return partial(self.handle, conn)
        return (
            send_answer(conn, review) if isinstance(review, Answer) else partial(finish_review, conn, review)
        )

    def _settle(self, conn: Any, outcome: _Outcome) -> None:
        """Continue with a connection that is not in the poller, by the outcome of its request."""
        if outcome is State.COMING:
            if not conn.incoming.has_begun:
                conn.incoming.is_awaited = True
                conn.incoming.until = time.monotonic() + (self.cfg.keepalive if self.alive else _LINGER_S)
            self._coming.wait(conn, self.on_request)
        elif outcome is State.MORE:
            self.method_queue.defer(self.on_request, conn)
        elif isinstance(outcome, State):
            self._refuse(conn, outcome)
        elif callable(outcome):
            threads = self._strangers_threads if conn in self.strangers else self.tpool
            self._in_thread(threads, outcome, partial(self.finish_request, conn))
        else:
            known: Future[object] = Future()
            known.set_result(outcome)
            self.finish_request(conn, known)

    def _refuse(self, conn: Any, state: State) -> None:
        """Send the answer to a request that is not a review, and end the connection."""
        if state is State.DENIED:
            self._callers.denied(str(conn.client[0]) if conn.client else "")
        if send_last_answer(conn, state):
            self._end(conn)
        else:
            self._close(conn)

    def _in_thread(
        self, threads: Executor, work: Callable[[], object], then: "Callable[[Future[Any]], None]"
    ) -> None:
        """Run `work` in one of the threads, then call `then` with its future in the poller's thread.

        A stranger may send the rest of a request, or read its answer, slowly, so strangers have separate threads.
        """
        threads.submit(work).add_done_callback(partial(self.method_queue.defer, then))

    def _end(self, conn: Any) -> None:
        """Shut down the sending side of the connection, and wait for the client to close its own."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.incoming.is_awaited = False
        conn.incoming.until = time.monotonic() + _LINGER_S
        self._coming.wait(conn, self.on_end)

    def _drop(self, conn: Any) -> None:
        self._coming.remove(conn)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        self.strangers.remove(conn)
        self.nr_conns -= 1
        conn.close()

    def _is_known(self, conn: Any) -> bool:
        """Return whether the API server has sent a review on this connection."""
        if getattr(conn.sock, "is_api_server", False):
            self.strangers.remove(conn)
        return conn not in self.strangers

    def _cap_keepalive(self, deadline: float) -> None:
        """Close connections without a request by `deadline`, as the worker ends, also those that have never had one."""
        super()._cap_keepalive(deadline)
        self._coming.end_by(deadline)
