"""The log: the standard library's `logging`, as one JSON object a line on standard error.

Never give a record a secret value. Fields are a mapping: `_log.info("reviewed", extra={"fields": {"uid": uid}})`.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any, TextIO

from vaultkube.documents.json_codec import encode
from vaultkube.remember import remember_last

_OURS = ("vaultcsi", "vaultkube", "vaultsync", "webhook")
_LEVELS = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warning"}


class JsonFormatter(logging.Formatter):
    """Formats a record as an object with the time in UTC, the level, the message and the record's fields.

    A record without fields names its logger. Of an exception the line has the class and the last places: its text
    could hold a value.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _utc(record.created),
            "level": _LEVELS.get(record.levelno, "error"),
            "message": record.getMessage(),
        }
        line.update(getattr(record, "fields", None) or {"logger": record.name})
        if record.exc_info and record.exc_info[1]:
            line["error"] = _outline(record.exc_info[1])
        return encode(line).decode("utf-8", "surrogatepass")


_PLACELESS = vars(logging.LogRecord("", 0, "", 0, "", (), None))


class Line(logging.LogRecord):
    """A record of a message with its fields, for the log lines of each review.

    The standard library's record looks up the place of its caller, which no line shows: with it a review takes about
    5 % longer.
    """

    def __init__(self, logger: str, level: int, message: str, fields: Mapping[str, Any]) -> None:
        self.__dict__.update(
            _PLACELESS,
            name=logger,
            levelno=level,
            levelname=logging.getLevelName(level),
            msg=message,
            created=time.time(),
            fields=fields,
        )


class _Lines(logging.StreamHandler[TextIO]):
    """Writes to standard error, which Python flushes at the end of each line."""

    def flush(self) -> None:
        """Do nothing."""


def configure_logging(level: str) -> None:
    """Log our records of at least `level` to standard error, and of other packages those from "warning".

    Other packages log addresses for debugging, some of which are signed.
    """
    handler = _Lines()
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    for package in _OURS:
        logging.getLogger(package).setLevel(level.upper())
    # No line shows thread, process or caller: https://docs.python.org/3/howto/logging.html#optimization
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None


def _utc(seconds: float) -> str:
    ms = int(seconds * 1000)
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


@remember_last
def _second(now_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_s))


def _outline(error: BaseException) -> str:
    trace, places = error.__traceback__, []
    while trace:
        places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__} at {' > '.join(places[-4:])}"
