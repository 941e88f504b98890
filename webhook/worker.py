"""gunicorn's worker with threads, without a thread for a connection that says nothing.

gunicorn gives a new connection to a thread, which waits for its handshake and then for its first request: as many silent
clients as there are threads stop the webhook, and a Go client dials connections that it may never use. Here they wait
where gunicorn lets idle connections wait, in its poller: before the handshake, and after it.
"""

from concurrent.futures import Future
from typing import Any

from gunicorn.workers.gthread import _DEFER, ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads take handshakes and requests that have begun."""

    def enqueue_req(self, conn: Any) -> None:
        """Have a thread answer, if there is something to answer; else wait for it."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
        else:
            nothing_yet: Future[object] = Future()
            nothing_yet.set_result(_DEFER)
            self.finish_request(conn, nothing_yet)

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
        """Answer a request, and send the answer as a whole."""
        if not self.cfg.is_ssl:
            return super().handle_request(req, conn)
        with conn.sock.together():
            return super().handle_request(req, conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Close connections without a request by `deadline`, as the worker ends: those that never had one, too."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)
