"""One connection of a client, whose handshake and requests are taken as they come, without waiting."""

import time
from typing import Any

from gunicorn import http
from gunicorn.sock import ssl_wrap_socket
from gunicorn.workers.gthread import TConn

from webhook.arrival import Arrival

ARRIVAL_S = 10.0
"""How long a handshake, and a request that has begun, may take to arrive."""

_READ_SIZE = 256 << 10


class Connection(TConn):  # type: ignore[misc]
    """A connection; `timeout` is the time of `time.monotonic` at which it is closed unless something comes.

    `busy`: a thread has it. `parked`: something came meanwhile, and it is no longer watched.
    """

    sock: Any

    def __init__(self, cfg: Any, client: Any, address: Any, server: Any) -> None:
        super().__init__(cfg, client, address, server)
        if cfg.is_ssl:
            self.sock = ssl_wrap_socket(self.sock, cfg)
        self.parser = http.get_parser(cfg, self.sock, address)
        self.initialized = True
        self.timeout = time.monotonic() + ARRIVAL_S
        self.busy = self.parked = False
        self._greeted = not cfg.is_ssl
        self._arriving = True
        self._arrival = Arrival()

    @property
    def held(self) -> int:
        """Bytes of an unfinished request."""
        return len(self._arrival.received)

    @property
    def idle(self) -> bool:
        """Whether the client may send its next request whenever it likes."""
        return self._greeted and not self.held

    def receive(self) -> None:
        """Take what has come, and return when that is a whole request.

        Raises what a socket that does not wait raises when more must come, and another OSError if none will.
        """
        if not self._greeted:
            self.sock.do_handshake()
            self._greeted = True
        while not self._arrival.is_whole():
            data = self.sock.recv(_READ_SIZE)
            if not data:
                raise ConnectionResetError
            self._arrival.received += data

    def expect_more(self) -> None:
        """Set the time by which more must have come."""
        if self.idle:
            self.set_timeout()
            self._arriving = False
        elif not self._arriving:
            self.timeout = time.monotonic() + ARRIVAL_S
            self._arriving = True

    def take(self) -> None:
        """Give what has arrived to gunicorn's parser, and begin anew."""
        self.parser.unreader.unread(bytes(self._arrival.received))
        self._arrival = Arrival()
        self._arriving = False

    def has_next(self) -> bool:
        """Whether the beginning of another request came with the last one."""
        return bool(self.parser.unreader.buf.getvalue())

    def rest(self) -> None:
        """Wait for the next request."""
        self.sock.setblocking(False)
        self.set_timeout()
