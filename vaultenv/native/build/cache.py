"""Cached results of slow build steps, outside the source tree, each under a key of all its inputs."""

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_KEY_DIGITS = 16
_RESULTS = 3


def cache() -> Path:
    """Return `${XDG_CACHE_HOME:-~/.cache}/vault-webhook/native`; make it if it is missing."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base, "vault-webhook", "native")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def key(*parts: object) -> str:
    """Return a few digits that change when any part's repr changes."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:_KEY_DIGITS]


def cached(name: str, decides: str, make: Callable[[Path], None]) -> Path:
    """Return the folder `<name>-<key>`; `make` fills a new one, which is renamed into place when it is complete."""
    folder = cache() / f"{name}-{decides}"
    if folder.exists():
        return folder
    with _alone(name):
        if folder.exists():
            return folder
        partial = cache() / f".{name}-{decides}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        make(partial)
        partial.rename(folder)
        _forget_older(name)
    return folder


def _forget_older(name: str) -> None:
    """Delete all but the newest few results of this step, which other work trees may still use."""
    folders = sorted(cache().glob(f"{name}-{'[0-9a-f]' * _KEY_DIGITS}"), key=lambda one: one.stat().st_mtime)
    for folder in folders[:-_RESULTS]:
        shutil.rmtree(folder)


@contextmanager
def _alone(name: str) -> Iterator[None]:
    with (cache() / f".{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{name}: another build makes it: waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(line: str) -> None:
    """Print a line of progress on standard error."""
    print(line, file=sys.stderr, flush=True)
