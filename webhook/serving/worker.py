"""gunicorn's worker with threads, which uses a thread only for work that waits.

gunicorn gives every request to a thread, and a new connection too, which then waits for its handshake and its first
request: as many silent clients as there are threads stop the webhook, and a Go client dials connections that it may
never use. Here connections wait in gunicorn's poller for each step of a handshake, for a request, and for the client to
close its side. The poller's own thread answers a review whose decision needs nothing from outside. Threads take the
computation of handshakes, and decisions that need Vault, a registry or the API server; threads of their own take unusual
requests of clients that have not shown yet that they are the API server.

A handshake and the first request have 5 s together, a later request 5 s from its first byte. Callers that are not the API
server are refused when the head of their request has come, before its body is read.

gunicorn does not document the names that this builds on. `OVERRIDDEN` and `USED` list them; a test compares both with the
installed gunicorn, and with this file.
"""

import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn import http, sock
from gunicorn.workers.gthread import ThreadWorker

from vaultkube.net.strangers import Strangers
from webhook.serving import fast_path
from webhook.serving.callers import Callers
from webhook.serving.fast_path import SHORT_BYTES, Incoming, Request, State
from webhook.serving.reviewer import CALLERS, REVIEWER, Answer, Review, Reviewer
from webhook.serving.tls import handshake

OVERRIDDEN = (
    *("enqueue_req", "finish_request", "handle_request", "load_wsgi", "murder_pending"),
    *("on_client_socket_readable", "_cap_keepalive"),
)
"""Methods of gunicorn's ThreadWorker that Worker replaces."""
USED = ("alive", "cfg", "handle", "keepalived_conns", "method_queue", "nr_conns", "poller", "tpool", "wsgi")
"""Attributes of gunicorn's ThreadWorker that Worker reads or changes."""
USED_OF_CONNECTIONS = ("client", "close", "init", "initialized", "parser", "set_timeout", "sock", "timeout")
"""Attributes of gunicorn's TConn that Worker reads or changes; `incoming` is added by it."""

_REQUEST_S = 5.0
"""Time for a handshake and the first request together, and for each later request from its first byte on."""
_LINGER_S = 2.0
"""Time for a client to close its side after an answer that ends the connection (RFC 9112, 9.6)."""
_SWEEP_S = 0.25
_RECORD = 16_384

_Outcome = bool | State | Callable[[], object]
"""Whether the connection stays open, a State other than a review, or a call for a thread that decides it."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """Answers at once what can be; threads take what waits or computes for long."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.coming: dict[Any, None] = {}
        """Connections in the poller that a handshake, a request or the client's end is awaited on."""
        self.strangers: Strangers[Any] = Strangers()
        self.next_sweep = 0.0

    def load_wsgi(self) -> None:
        """Load the application, and find what answers its reviews."""
        super().load_wsgi()
        self._strangers_threads = ThreadPoolExecutor(max(1, self.cfg.threads // 4))
        self._reviewer: Reviewer = self.wsgi.extensions[REVIEWER]
        self._callers: Callers = self.wsgi.extensions[CALLERS]

    def enqueue_req(self, conn: Any) -> None:
        """Begin a new connection, or answer what an earlier request has left in the buffer."""
        if conn.initialized:
            conn.incoming = self._incoming(conn, conn.parser.unreader.take_buffered())
            self._settle(conn, self._attempt(conn))
            return
        oldest = self.strangers.add(
            conn, str(conn.client[0]) if conn.client else "", self.coming.__contains__
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
        """Answer on a connection that has been answered on, which stays where it is if it stays open."""
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
        self._in_thread(partial(handshake, conn.sock), partial(self.after_handshake, conn))

    def after_handshake(self, conn: Any, step: "Future[bool | None]") -> None:
        """Wait for the next step of the handshake, or for the request."""
        done = step.result()
        if done:
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
            self._settle(conn, self._attempt(conn))
        elif done is None and time.monotonic() < conn.incoming.until:
            self._await(conn, self.on_hello)
        else:
            self._close(conn)

    def on_request(self, conn: Any) -> None:
        """Take more of a request, and answer it if that was the rest."""
        self._settle(conn, self._attempt(conn))

    def on_end(self, conn: Any) -> None:
        """Drop what a client still sends after the last answer, until it closes its side."""
        try:
            for _ in range(fast_path.READS):
                if not conn.sock.recv(_RECORD):
                    self._close(conn)
                    return
        except BlockingIOError:
            pass
        except OSError:
            self._close(conn)
            return
        self._await(conn, self.on_end)

    def finish_request(self, conn: Any, fs: "Future[object]") -> None:
        """Watch a connection again, or end it; that of a stranger ends with its answer."""
        stays = not fs.cancelled() and not fs.exception() and fs.result()
        if stays and self._is_known(conn):
            super().finish_request(conn, fs)
        else:
            self._end(conn)

    def murder_pending(self) -> None:
        """Close connections on which what is awaited has not come in time."""
        now = time.monotonic()
        if now >= self.next_sweep:
            self.next_sweep = now + _SWEEP_S
            for conn in [conn for conn in self.coming if conn.incoming.until <= now]:
                self._drop(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request, and send the answer as a whole. Runs in a thread."""
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
            self._await(conn, self.on_hello)

    def _attempt(self, conn: Any) -> _Outcome:
        """Answer a request that has come as a whole, if that takes no time."""
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
            return partial(_answer, conn, self._reviewer, request)
        try:
            review = self._reviewer.begin(*request)
        except Exception:  # gunicorn and Flask meet it again, and answer
            conn.parser.unreader.unread(conn.incoming.received())
            return partial(self.handle, conn)
        return _send(conn, review) if isinstance(review, Answer) else partial(_finish, conn, review)

    def _settle(self, conn: Any, outcome: _Outcome) -> None:
        """Go on with a connection that is not in the poller."""
        if outcome is State.COMING:
            self._await(conn, self.on_request)
        elif outcome is State.MORE:
            self.method_queue.defer(self.on_request, conn)
        elif isinstance(outcome, State):
            self._refuse(conn, outcome)
        elif callable(outcome):
            self._in_thread(outcome, partial(self.finish_request, conn), is_known=conn not in self.strangers)
        else:
            known: Future[object] = Future()
            known.set_result(outcome)
            self.finish_request(conn, known)

    def _refuse(self, conn: Any, state: State) -> None:
        """Send the answer to what is not a review, and end the connection."""
        if state is State.DENIED:
            self._callers.denied(str(conn.client[0]) if conn.client else "")
        try:
            fast_path.send(conn.sock, fast_path.LAST_ANSWERS[state])
        except OSError:
            self._close(conn)
        else:
            self._end(conn)

    def _in_thread(
        self, work: Callable[[], object], then: "Callable[[Future[Any]], None]", *, is_known: bool = True
    ) -> None:
        """Run `work` in a thread, and `then`, with its future, in the poller's.

        A stranger may send the rest of a request, or take its answer, slowly, so strangers share threads of their own.
        """
        future = (self.tpool if is_known else self._strangers_threads).submit(work)
        future.add_done_callback(partial(self.method_queue.defer, then))

    def _await(self, conn: Any, on_readable: Callable[[Any], None]) -> None:
        """Call `on_readable` when something has come on the connection, which then is no longer in the poller."""

        def readable(client: Any) -> None:
            if conn not in self.coming:  # closed for a newer one that was seen at the same time
                return
            self.poller.unregister(client)
            del self.coming[conn]
            on_readable(conn)

        self.coming[conn] = None
        self.poller.register(conn.sock, EVENT_READ, readable)

    def _end(self, conn: Any) -> None:
        """Tell the client that no more comes, and wait for it to close its side."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.incoming.until = time.monotonic() + _LINGER_S
        self._await(conn, self.on_end)

    def _drop(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        del self.coming[conn]
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
        """Close connections without a request by `deadline`, as the worker ends: those that never had one, too."""
        super()._cap_keepalive(deadline)
        for conn in self.coming:
            conn.incoming.until = min(conn.incoming.until, deadline)


def _answer(conn: Any, reviewer: Reviewer, request: Request) -> bool:
    """Answer a long review. Runs in a thread."""
    return _send_rest(conn, fast_path.message(reviewer.answer(*request)))


def _finish(conn: Any, review: Review) -> bool:
    """Finish a review that must wait, and send its answer. Runs in a thread."""
    return _send_rest(conn, fast_path.message(review.finish()))


def _send(conn: Any, answer: Answer) -> _Outcome:
    try:
        rest = fast_path.send(conn.sock, fast_path.message(answer))
    except OSError:
        return False
    return partial(_send_rest, conn, rest) if rest else True


def _send_rest(conn: Any, rest: bytes) -> bool:
    """Send what the client did not take at once, and return whether the connection stays. Runs in a thread."""
    conn.sock.setblocking(True)
    try:
        conn.sock.sendall(rest)
    except OSError:
        return False
    return True
