"""The search for the program and its execution, by the rules of execvp (POSIX, exec family; exit statuses 126 and 127)."""

from __future__ import annotations

import sys

from vaultenv.basics.files import reason
from vaultenv.basics.system import posix
from vaultenv.basics.text import shown
from vaultenv.errors import ProgramNotStarted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NONE, _DIRECTORY = 0, 0o040000
_KIND = 0o170000


def find_program(word: bytes, path: bytes) -> bytes:
    """Return the file of a command word: the word itself if it has a slash, else the first executable in the
    directories of `path`.

    Relative directories are ignored. Raises ProgramNotStarted: 127 if there is none, 126 if
    none may be executed.
    """
    if b"/" in word:
        return _checked(word)
    denied = False
    for directory in path.split(b":"):
        candidate = directory.rstrip(b"/") + b"/" + word
        if directory.startswith(b"/") and _kind(candidate) not in (_NONE, _DIRECTORY):
            if posix.access(candidate, posix.X_OK):
                return candidate
            denied = True
    if denied:
        raise ProgramNotStarted(
            f"{shown(word)}: permission denied: no file of that name on PATH is executable", 126
        )
    raise ProgramNotStarted(
        f"binary not found: {shown(word)} is not on PATH: give its full path, or correct the command", 127
    )


def _checked(word: bytes) -> bytes:
    kind = _kind(word)
    if kind == _DIRECTORY:
        raise ProgramNotStarted(f"binary not found: {shown(word)} is a directory: correct the command", 126)
    if kind == _NONE:
        raise ProgramNotStarted(f"binary not found: {shown(word)}: no such file: correct the command", 127)
    if not posix.access(word, posix.X_OK):
        raise ProgramNotStarted(f"{shown(word)}: permission denied: the file is not executable", 126)
    return word


def _kind(name: bytes) -> int:
    """Return the type of a file (S_IFMT of stat), or _NONE if it does not exist."""
    try:
        return posix.stat(name).st_mode & _KIND
    except OSError:
        return _NONE


def execute(program: bytes, argv: Sequence[bytes], environ: Mapping[bytes, bytes]) -> None:
    """Replace this process by the program; raise ProgramNotStarted."""
    restore_signals()
    try:
        posix.execve(program, list(argv), dict(environ))
    except OSError as error:
        raise not_executed(program, error) from None


def not_executed(program: bytes, error: OSError) -> ProgramNotStarted:
    """Return the error for a file that exists but that the kernel did not execute."""
    import errno

    name = shown(program)
    if error.errno == errno.ENOENT:
        return ProgramNotStarted(f"{name}: its interpreter or dynamic loader is missing in this image", 127)
    if error.errno == errno.ENOEXEC:
        return ProgramNotStarted(
            f"{name}: exec format error: a script needs a #! line, a binary this node's CPU", 126
        )
    if error.errno == errno.E2BIG:
        return ProgramNotStarted(
            f"{name}: argument list too long: the environment with its secrets exceeds the kernel's limit",
            126,
        )
    return ProgramNotStarted(f"{name}: {reason(error)}", 126)


def restore_signals() -> None:
    """Restore the default action of SIGPIPE and SIGXFSZ, which a stock Python ignores from its start."""
    signals = sys.modules.get("_signal")
    if signals is None:
        return  # an interpreter that has not changed them
    for number in (signals.SIGPIPE, signals.SIGXFSZ):
        if signals.getsignal(number) == signals.SIG_IGN:
            signals.signal(number, signals.SIG_DFL)
