"""`vault-env --install DEST`: copies the static executable, because its image has no shell and no cp."""

from vaultenv.basics.files import reason
from vaultenv.basics.system import posix
from vaultenv.basics.text import shown
from vaultenv.errors import InvalidUsage

_MODE = 0o555


def install(destination: bytes, itself: bytes) -> None:
    """Copy the running executable to `destination`, mode 0555, in one step; `itself` is its file if /proc is missing.

    Raises InvalidUsage if this is not the static executable, or if the copy cannot be written.
    """
    if __spec__ is None or __spec__.origin != "frozen":
        raise InvalidUsage(
            "--install copies the static vault-env: this is a Python interpreter running its sources"
        )
    partial = destination + b".partial"
    try:
        _copy(b"/proc/self/exe" if _exists(b"/proc/self/exe") else itself, partial)
        posix.rename(partial, destination)
    except OSError as error:
        name = shown(destination)
        raise InvalidUsage(
            f"--install {name}: {reason(error)}: the volume must be writable for this user"
        ) from None


def _exists(name: bytes) -> bool:
    try:
        posix.stat(name)
    except OSError:
        return False
    return True


def _copy(source: bytes, target: bytes) -> None:
    reading = posix.open(source, posix.O_RDONLY | posix.O_CLOEXEC)
    writing = posix.open(target, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC, 0o700)
    while chunk := posix.read(reading, 1 << 20):
        while chunk:
            chunk = chunk[posix.write(writing, chunk) :]
    posix.fchmod(writing, _MODE)
    posix.close(writing)
    posix.close(reading)
