"""The session's API server stands still while no test uses it: at rest it takes a seventh of a processor in each worker."""

import time
from typing import Protocol

PATIENCE_S = 5.0
"""The time without use after which a server pauses, as to resume it takes a moment."""


class Pausable(Protocol):
    """A server that can stand still; `wait` returns when it answers."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def wait(self) -> None: ...


class Rest:
    """Pauses a server between the tests that use it."""

    def __init__(self, server: Pausable) -> None:
        self._server = server
        self._is_paused = False
        self._used_at = time.monotonic()

    def before(self, *, is_used: bool) -> None:
        """Resume or pause the server before a test that uses it or not."""
        if is_used:
            self._used_at = time.monotonic()
            self.end()
        elif not self._is_paused and time.monotonic() > self._used_at + PATIENCE_S:
            self._is_paused = True
            self._server.pause()

    def end(self) -> None:
        """Resume the server."""
        if self._is_paused:
            self._is_paused = False
            self._server.resume()
            self._server.wait()
