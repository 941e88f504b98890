"""One JSON object a line on standard error."""

import logging
import sys
import time
from typing import Any, TextIO

from vaultkube.documents.json_codec import encode
from vaultkube.remember import remember_last

_LEVELS = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40}


class Log:
    """Writes lines of at least `level`; never give it a secret value."""

    def __init__(self, level: str = "info", stream: TextIO | None = None) -> None:
        self._threshold = _LEVELS[level]
        self._stream = stream

    def write(self, level: str, message: str, **fields: Any) -> None:
        """Write one line with the time in UTC, the level, the message, and `fields`."""
        if _LEVELS[level] < self._threshold:
            return
        line = encode({"time": _now(), "level": level, "message": message, **fields})
        stream = self._stream or sys.stderr
        stream.write(line.decode("utf-8", "surrogatepass") + "\n")
        stream.flush()


def _now() -> str:
    now_ns = time.time_ns()
    return f"{_second(now_ns // 10**9)}.{now_ns // 10**6 % 1000:03d}Z"


@remember_last
def _second(now_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_s))


class Forwarder(logging.Handler):
    """Writes what the standard library's loggers are told as lines of a Log."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a level that Log has not is an error's or a warning's."""
        level = record.levelname.lower()
        self._log.write(level if level in _LEVELS else "error", record.getMessage(), logger=record.name)
