"""Log lines on standard error, as `key=value` text or as JSON; never values, never the program's
arguments.
"""

import posix
import time

from vaultenv.basics.jsontext import dumps

LEVELS = ("debug", "info", "warn", "error")
_STDERR = 2


class Log:
    """Writes one line per call to standard error, in the form of Go's slog, and to a syslog server if configured."""

    __slots__ = ("_json", "_least", "_server")

    def __init__(self, level: str = "info", json: bool = False, server: str = "") -> None:
        self._json = json
        self._server = server
        self._least = LEVELS.index(level) if level in LEVELS else LEVELS.index("info")

    def debug(self, message: str) -> None:
        """Write details for finding an error of the launcher itself."""
        self._emit(0, message)

    def info(self, message: str) -> None:
        """Write a step of a normal start."""
        self._emit(1, message)

    def warn(self, message: str) -> None:
        """Write a problem that people should fix but that does not stop the start."""
        self._emit(2, message)

    def error(self, message: str) -> None:
        """Write the reason why the program is not started; in text further lines follow the entry, in JSON they are
        inside it.
        """
        self._emit(3, message)

    def _emit(self, level: int, message: str) -> None:
        if level < self._least:
            return
        line = _json_line(level, message) if self._json else _text_line(level, message)
        data = line.encode("utf-8", "backslashreplace")
        write_all(_STDERR, data + b"\n")
        if self._server:
            from vaultenv.basics.syslog import send

            send(self._server, level, data)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all bytes; return silently on an error, because it cannot be reported anywhere."""
    try:
        while data:
            data = data[posix.write(descriptor, data) :]
    except OSError:
        pass


def _timestamp() -> str:
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"


def _json_line(level: int, message: str) -> str:
    return dumps({"time": _timestamp(), "level": LEVELS[level].upper(), "msg": message, "app": "vault-env"})


def _text_line(level: int, message: str) -> str:
    first, newline, rest = message.partition("\n")
    quoted = '"' + first.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"time={_timestamp()} level={LEVELS[level].upper()} msg={quoted} app=vault-env{newline}{rest}"
