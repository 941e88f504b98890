"""Commands that run after a changed file, and the orphans that process 1 inherits."""

from __future__ import annotations

from _thread import allocate_lock

from vaultenv.basics.files import reason
from vaultenv.basics.signals import SIGKILL, SIGPIPE, SIGXFSZ
from vaultenv.basics.system import posix
from vaultenv.basics.words import NeedsShell, split
from vaultenv.errors import ProgramNotStarted
from vaultenv.process.program import find_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Mapping

LIMIT_S = 30.0
_SHELL = b"/bin/sh"


class Children:
    """Runs commands in one thread while another one reaps."""

    def __init__(self, environ: Mapping[bytes, bytes]) -> None:
        self._environ = dict(environ)
        self._starting = allocate_lock()
        self._running: dict[int, LockType] = {}
        self._ended: dict[int, int] = {}

    def run(self, command: str, limit_s: float = LIMIT_S) -> str:
        """Run a command to its end, and kill it with its children after `limit_s`; return "" or the problem.

        /bin/sh runs it if it exists, as in HashiCorp's agent; else its words are the program and its arguments.
        """
        try:
            words = _words(command)
            program = find_program(words[0], self._environ.get(b"PATH", b""))
        except ValueError as error:
            return str(error)
        except ProgramNotStarted as error:
            return str(error)
        done = allocate_lock()
        done.acquire()
        with self._starting:  # so that it is known before it is reaped
            try:
                pid = posix.posix_spawn(
                    program, words, self._environ, setpgroup=0, setsigmask=(), setsigdef=(SIGPIPE, SIGXFSZ)
                )
            except OSError as error:
                return f"it cannot be executed: {reason(error)}"
            self._running[pid] = done
        if done.acquire(timeout=limit_s):
            return _outcome(self._ended.pop(pid))
        _kill_group(pid)
        done.acquire()
        self._ended.pop(pid)
        return f"it was killed, because it had not ended after {limit_s:g} s"

    def reap(self) -> None:
        """Reap every child that has ended; call it for each SIGCHLD."""
        with self._starting:
            while True:
                try:
                    pid, status = posix.waitpid(-1, posix.WNOHANG)
                except ChildProcessError:
                    return
                if pid == 0:
                    return
                if done := self._running.pop(pid, None):
                    self._ended[pid] = status
                    done.release()

    def kill(self) -> None:
        """Kill the running command with its children, and start no further one, because the agent ends."""
        self._starting.acquire()
        for pid in self._running:
            _kill_group(pid)


def _words(command: str) -> list[bytes]:
    if posix.access(_SHELL, posix.X_OK):
        return [_SHELL, b"-c", command.encode("utf-8", "surrogateescape")]
    try:
        words = split(command)
    except NeedsShell as error:
        raise ValueError(
            f"{error}, and there is no /bin/sh in this image: write a program with its arguments"
        ) from None
    if not words:
        raise ValueError("it is empty")
    return [word.encode("utf-8", "surrogateescape") for word in words]


def _outcome(status: int) -> str:
    code = posix.waitstatus_to_exitcode(status)
    if code == 0:
        return ""
    return f"it ended with status {code}" if code > 0 else f"signal {-code} ended it"


def _kill_group(pid: int) -> None:
    try:
        posix.killpg(pid, SIGKILL)
    except OSError:
        return
