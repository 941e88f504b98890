"""Reuse of a running launcher's values in the same container, while Vault cannot answer, or instead of a request.

The kernel shows a program's initial environment in /proc/<pid>/environ, readable by its own user and by root. The
first launcher adds a marker at its start: a digest of every reference with its name, and of the paths, never of a
value. Only an environment of the same user is reused, with the marker of the same references and with all their
names; in any doubt (another user, a process namespace shared by the pod, a program that has overwritten its title
area) no value is reused.
"""

from __future__ import annotations

from vaultenv.basics.files import read_file
from vaultenv.basics.system import posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.start.plan import Plan

_LIMIT = 8 * 1024 * 1024


def running_environ(plan: Plan) -> dict[bytes, bytes] | None:
    """Return this program's environment with the values of the running one; None if they cannot be reused."""
    first = _environ_of("1")
    if not first:
        return None
    found = plan.environ_from(first)
    for pid in _children() if found is None else ():
        found = found or plan.environ_from(_environ_of(pid))
    return found


def _children() -> list[str]:
    """Return the children of process 1: one is the program if process 1 is a launcher in daemon mode."""
    try:
        return read_file("/proc/1/task/1/children", _LIMIT).decode("ascii").split()
    except OSError:
        return []


def _environ_of(pid: str) -> dict[bytes, bytes]:
    """Return the initial environment of a process; empty if it is another user's, may not be read, or is not a
    complete list of variables.
    """
    try:
        if posix.stat(f"/proc/{pid}".encode()).st_uid != posix.geteuid():
            return {}
        data = read_file(f"/proc/{pid}/environ", _LIMIT)
    except OSError:
        return {}
    entries = data.split(b"\0")
    if entries[-1] or not all(b"=" in entry for entry in entries[:-1]):
        return {}
    pairs = [entry.split(b"=", 1) for entry in entries[:-1]]
    found = {name: value for name, value in pairs}
    return found if len(found) == len(pairs) else {}
