"""The program's parent: starts it, forwards signals, reaps, and restarts it when its environment has changed.

All signals are blocked and received one by one (sigtimedwait(2)), so that none is lost to a handler.
"""

from __future__ import annotations

import time

from vaultenv.basics.signals import (
    NSIG,
    SIG_SETMASK,
    SIGCHLD,
    SIGINT,
    SIGKILL,
    SIGPIPE,
    SIGQUIT,
    SIGRTMIN,
    SIGSTOP,
    SIGTERM,
    SIGXFSZ,
    number_of,
    pthread_sigmask,
    sigtimedwait,
    valid_signals,
)
from vaultenv.basics.system import posix
from vaultenv.variable_types import RESTART

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vaultenv.basics.log import Log

_CHANGED = SIGRTMIN + 4
_FROM_KERNEL = 0x80
_FAULTS = frozenset(("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP"))
_STOP_SIGNALS = frozenset((SIGINT, SIGQUIT, SIGTERM))
_FOREVER_S = 3600.0


class Supervisor:
    """Runs one program after another, each with the newest environment."""

    def __init__(self, program: bytes, argv: Sequence[bytes], action: str, grace_s: float, log: Log) -> None:
        self._program = program
        self._argv = argv
        self._action = action
        self._signal = number_of(action)
        self._grace_s = grace_s
        self._log = log
        self._next: Mapping[bytes, bytes] | None = None
        self._child = 0
        self._kill_at = 0.0
        self._restarting = False
        self._ending = False

    def prepare(self) -> None:
        """Block the signals that are forwarded; call it before any other thread starts."""
        pthread_sigmask(SIG_SETMASK, _blocked_signals())

    def change(self, environ: Mapping[bytes, bytes]) -> None:
        """Set a new environment; may be called from any thread."""
        self._next = environ
        posix.kill(posix.getpid(), _CHANGED)

    def run(self, environ: Mapping[bytes, bytes]) -> int:
        """Start the program and return its exit status, 128+n if signal n ended it. Raises ProgramNotStarted."""
        self._start(environ)
        while True:
            info = sigtimedwait(_blocked_signals(), self._patience_s())
            if info is None:
                self._kill_late()
            elif info.si_signo == _CHANGED and info.si_pid == posix.getpid():
                self._act()
            elif info.si_signo == SIGCHLD:
                status = self._reap()
                if status is not None and not self._started_again():
                    return status
            elif info.si_pid != posix.getpid():  # else it is SIGPIPE, as the reader of the log has gone
                self._pass_on(info.si_signo, info.si_code == _FROM_KERNEL)

    def _start(self, environ: Mapping[bytes, bytes]) -> None:
        try:
            self._child = posix.posix_spawn(
                self._program, list(self._argv), dict(environ), setsigmask=(), setsigdef=(SIGPIPE, SIGXFSZ)
            )
        except OSError as error:
            from vaultenv.process.program import not_executed

            raise not_executed(self._program, error) from None

    def _pass_on(self, number: int, from_kernel: bool) -> None:
        """Send the program a signal, unless a terminal does so; a signal that ends programs cancels a restart."""
        if number in _STOP_SIGNALS:
            self._restarting = False
        self._ending = self._ending or number == SIGTERM
        if not from_kernel:
            self._send(number)

    def _patience_s(self) -> float:
        return max(0.0, self._kill_at - time.monotonic()) if self._kill_at else _FOREVER_S

    def _kill_late(self) -> None:
        if self._kill_at and time.monotonic() >= self._kill_at:
            self._kill_at = 0.0
            self._send(SIGKILL)

    def _act(self) -> None:
        """Do the configured action for changed secrets on the program, unless it is about to end."""
        if self._ending:
            return
        if self._signal:
            self._log.info(f"secrets have changed: sending {self._action}")
            self._send(self._signal)
            return
        self._log.info(f"secrets have changed: stopping the program to {self._action}")
        self._restarting = self._action == RESTART
        self._kill_at = self._kill_at or time.monotonic() + self._grace_s
        self._send(SIGTERM)

    def _send(self, number: int) -> None:
        if not self._child:
            return
        try:
            posix.kill(self._child, number)
        except ProcessLookupError:
            return

    def _reap(self) -> int | None:
        """Reap every child that has ended; return the program's exit status if it is among them."""
        ended: int | None = None
        while True:
            try:
                pid, status = posix.waitpid(-1, posix.WNOHANG)
            except ChildProcessError:
                return ended
            if pid == 0:
                return ended
            if pid == self._child:
                code = posix.waitstatus_to_exitcode(status)
                ended = code if code >= 0 else 128 - code

    def _started_again(self) -> bool:
        """Start the program with its new environment if it was stopped for that, and return whether it was."""
        self._child, self._kill_at = 0, 0.0
        if not self._restarting or self._next is None:
            return False
        self._restarting = False
        self._start(self._next)
        return True


def _blocked_signals() -> set[int]:
    faults = {number_of(name) for name in _FAULTS}
    return {int(number) for number in valid_signals() if 0 < number < NSIG} - faults - {SIGKILL, SIGSTOP}
