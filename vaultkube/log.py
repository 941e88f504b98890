"""The log: the standard library's `logging`, as one JSON object a line on standard error.

A record must never hold a secret value. Fields are a mapping: `_log.info("reviewed", extra={"fields": {"uid": uid}})`.
"""

import json
import logging
import threading
import time
from collections.abc import Mapping
from typing import Any, TextIO

from vaultkube.documents.json_codec import encode

_OURS = ("vaultcsi", "vaultkube", "vaultsync", "webhook")
_LEVELS = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warning"}


class JsonFormatter(logging.Formatter):
    """Formats a record as an object with the time in UTC, the level, the message and the record's fields.

    A record without fields names its logger. For an exception the line has its class and the last places of the code, as
    its text could hold a secret value.
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
        return _visible(encode(line).decode("utf-8", "surrogatepass"))


_PLACELESS = vars(logging.LogRecord("", 0, "", 0, "", (), None))


class Line(logging.LogRecord):
    """A record of a message with its fields, for the log lines of each review.

    The standard library's record looks up the code of its caller, which no line shows: that makes a review about 5 %
    longer.
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
    """Log our records of at least `level` to standard error, and those of other packages from "warning" on.

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
    threading.excepthook = _report_thread


def _report_thread(failed: threading.ExceptHookArgs) -> None:
    """Log the error that has ended a thread; Python itself would print the text of the exception."""
    name = failed.thread.name if failed.thread else ""
    logging.getLogger(__name__).error(
        "a thread failed", exc_info=failed.exc_value, extra={"fields": {"thread": name}}
    )


def _visible(text: str) -> str:
    """Return the JSON text with escapes for what a terminal obeys and JSON allows: U+009B, and what reverses the direction."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _utc(seconds: float) -> str:
    ms = int(seconds * 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(ms // 1000))}.{ms % 1000:03d}Z"


def _outline(error: BaseException) -> str:
    trace, places = error.__traceback__, []
    while trace:
        places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__} at {' > '.join(places[-4:])}"
