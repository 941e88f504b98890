"""A server as a child process: it ends with the test session, and an early end has its reason."""

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

_PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None)
_POLL_S = 0.05
_FIRST_PORT, _PORTS, _SLICES = 15_000, 2_000, 8
_used_ports: set[int] = set()


class Stoppable(Protocol):
    """A server, or several, that can be stopped also before it has begun."""

    def stop(self) -> None: ...


Server = TypeVar("Server", bound=Stoppable)


@contextlib.contextmanager
def stopping(server: Server) -> Iterator[Server]:
    """Yield the server, and stop it at the end of the context."""
    try:
        yield server
    finally:
        server.stop()


class ServerFailed(RuntimeError):
    """A server ended or was not ready in time; the message holds the end of its log."""


class Process:
    """A started server whose output goes to `log`.

    The kernel kills it when this process dies (PR_SET_PDEATHSIG; in fact, when the thread that started it
    ends: start it from the main thread). Ctrl-C does not reach it, so that it is stopped in order.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = log.stem
        self._log = log
        self._parent = os.getpid()
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                start_new_session=True,
                preexec_fn=self._die_with_parent,
            )

    def _die_with_parent(self) -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != self._parent:
            os._exit(1)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def running(self) -> bool:
        """Return whether the process still runs."""
        return self._child.returncode is None and self._end() is None

    def _end(self) -> "os.waitid_result | None":
        """Return its exit, None while it runs; it is not reaped before `kill`, so that no other process gets its id."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)

    def wait_until(self, ready: Callable[[], bool], timeout_s: float = 30.0) -> None:
        """Return as soon as `ready()`; raise ServerFailed when the process ends first or `timeout_s` pass."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if end := self._end():
                raise ServerFailed(f"{self.name} ended with status {end.si_status}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"{self.name} was not ready after {timeout_s:.0f} s:\n{self.tail()}")
            time.sleep(_POLL_S)

    def tail(self, lines: int = 20) -> str:
        """Return the last lines of the log."""
        text = self._log.read_text(errors="replace").splitlines()
        return "\n".join(text[-lines:]) or f"(it wrote nothing to {self._log})"

    def send(self, number: signal.Signals) -> None:
        """Send a signal, e.g. SIGSTOP to make a server hang."""
        os.kill(self.pid, number)

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the process: SIGTERM, and after `timeout_s` SIGKILL for its whole session."""
        deadline = time.monotonic() + timeout_s
        if self.running():
            os.kill(self.pid, signal.SIGTERM)
        while self.running() and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        self.kill()

    def kill(self) -> None:
        """End the process and its session by SIGKILL, and reap it."""
        if self._child.returncode is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._child.wait()


def free_port(host: str = "127.0.0.1") -> int:
    """Return a free TCP port, below the kernel's range for outgoing connections.

    Each of the processes that run tests side by side has ports of its own, and gives each away once: what listens there starts later.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = _FIRST_PORT + worker % _SLICES * _PORTS
    while True:
        port = random.randrange(first, first + _PORTS)
        if port in _used_ports:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            _used_ports.add(port)
            return port
