"""The health of the webhook, checked over its own port by a process that shares no thread and no TLS with it.

Another thread checks beforehand (`Watch`), and the health listener answers with its last result, so that a slow API
server delays no answer.
"""

import socket
import ssl
import time
from collections.abc import Callable, Sequence

from vaultkube.net.health import Answer, live, plain

_PROBE_S = 5.0
_SILENT_S = 30.0
"""The time without any answer after which the workers count as dead."""


class Watch:
    """Checks the webhook's health over its own port, as a client does, and stores the result."""

    def __init__(
        self,
        probe: Callable[[], bool],
        problems: Sequence[Callable[[], str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Each of `problems` returns the reason why the webhook is not ready, or an empty text."""
        self._probe = probe
        self._problems = problems
        self._clock = clock
        self._answered: float | None = None
        self._answers = False
        self._problem = "the webhook starts"
        self._ending = False

    def look(self) -> None:
        """Check once, and store the result."""
        self._answers = self._probe()
        if self._answers:
            self._answered = self._clock()
        found = (
            "" if self._answers else "the workers do not answer",
            *(problem() for problem in self._problems),
        )
        self._problem = next(filter(None, found), "")

    def answers(self) -> bool:
        """Return whether the workers answered the last check."""
        return self._answers

    def end(self) -> None:
        """Report not ready from now on, as the process ends."""
        self._ending = True

    def live(self) -> Answer:
        """Return 200, unless workers that have answered once have not answered for a long time."""
        if self._answered is not None and self._clock() - self._answered > _SILENT_S:
            return plain(503, f"the workers have not answered for {_SILENT_S:.0f} s")
        return live()

    def ready(self) -> Answer:
        """Return 200 if the certificate is valid, the workers answer, and the API server answers the webhook."""
        problem = "the webhook ends" if self._ending else self._problem
        return plain(503, problem) if problem else live()


def answers(address: tuple[str, int], *, tls: bool) -> bool:
    """Return whether a worker at this address answers `/healthz`; its certificate is not verified."""
    try:
        with _connection(address, tls) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _connection(address: tuple[str, int], tls: bool) -> socket.socket:
    plain = socket.create_connection(address, _PROBE_S)
    if not tls:
        return plain
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        return context.wrap_socket(plain)
    except OSError:
        plain.close()
        raise


def local_address(listening: tuple[str, int]) -> tuple[str, int]:
    """Return the local address at which this machine reaches a listener."""
    host, port = listening
    return {"::": "127.0.0.1", "0.0.0.0": "127.0.0.1"}.get(host, host), port  # noqa: S104
