"""Log lines of one JSON object each."""

import io
import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from vaultkube.log import JsonFormatter, Line


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logger(stream: io.StringIO) -> logging.Logger:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.Logger("webhook.registry")
    logger.addHandler(handler)
    return logger


def test_a_line_has_time_level_message_and_fields_in_this_order(
    logger: logging.Logger, stream: io.StringIO
) -> None:
    logger.info("reviewed", extra={"fields": {"uid": "u-1", "name": "app", "ms": 1.5}})
    (line,) = stream.getvalue().splitlines()
    fields = json.loads(line)
    assert list(fields) == ["time", "level", "message", "uid", "name", "ms"]
    assert fields["time"].endswith("Z")
    del fields["time"]
    assert fields == {"level": "info", "message": "reviewed", "uid": "u-1", "name": "app", "ms": 1.5}


def test_a_line_is_written_as_a_record_of_the_same_level_message_and_fields(
    logger: logging.Logger, stream: io.StringIO
) -> None:
    fields = {"uid": "u-1", "ms": 1.5}
    logger.warning("reviewed", extra={"fields": fields})
    logger.handle(Line(logger.name, logging.WARNING, "reviewed", fields))
    record, line = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert (list(line), line | {"time": ""}) == (list(record), record | {"time": ""})
    assert line["time"] >= record["time"]


def test_other_formatters_can_write_a_line() -> None:
    names = (
        "%(name)s %(levelname)s %(message)s %(filename)s:%(lineno)d %(process)s %(threadName)s %(asctime)s"
    )
    text = logging.Formatter(names).format(Line("webhook", logging.INFO, "reviewed", {}))
    assert text.startswith("webhook INFO reviewed ")


def test_the_time_is_utc_with_milliseconds() -> None:
    record = logging.LogRecord("webhook", logging.INFO, "", 0, "m", (), None)
    record.created = 1_700_000_000.0426
    assert json.loads(JsonFormatter().format(record))["time"] == "2023-11-14T22:13:20.042Z"


def test_a_line_break_in_a_message_makes_no_second_line(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.info("one\ntwo")
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "\x9b31m", "\x7f", "a\u202eb", "one\u2028two", "\U000e0041", "\r\b\0"]
)
def test_no_text_of_others_has_an_effect_on_a_terminal(
    logger: logging.Logger, stream: io.StringIO, text: str
) -> None:
    logger.info(text, extra={"fields": {"reason": text, text: 1}})
    (line,) = stream.getvalue().splitlines()
    assert line.isprintable()
    found = json.loads(line)
    assert (found["message"], found["reason"], found[text]) == (text, text, 1)


def test_a_lone_surrogate_is_written_too(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.info("reviewed", extra={"fields": {"name": "\ud800"}})
    assert json.loads(stream.getvalue())["name"] == "\ud800"


def test_a_record_without_fields_names_its_logger(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.warning("image %r", "a")
    logger.critical("end")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["level"], line["message"], line["logger"]) for line in lines] == [
        ("warning", "image 'a'", "webhook.registry"),
        ("error", "end", "webhook.registry"),
    ]


def test_of_an_exception_the_class_and_places_are_written_and_not_its_text(
    logger: logging.Logger, stream: io.StringIO
) -> None:
    try:
        raise RuntimeError("hunter2")
    except RuntimeError:
        logger.exception("failed", extra={"fields": {"uid": "u-1"}})
    assert "hunter2" not in stream.getvalue()
    fields = json.loads(stream.getvalue())
    assert list(fields) == ["time", "level", "message", "uid", "error"]
    assert fields["error"].startswith(f"RuntimeError at {__name__}:")


_PROGRAM = """
import logging, sys
from vaultkube.log import configure_logging
configure_logging(sys.argv[1])
for name in ("webhook.x", "vaultkube.x", "urllib3"):
    for level in ("debug", "info", "warning", "error"):
        getattr(logging.getLogger(name), level)(level)
"""


_THREAD = """
import sys, threading
from vaultkube.log import configure_logging
configure_logging(sys.argv[1])
def work(): raise RuntimeError("hunter2")
threading.Thread(target=work, name="nodes").start()
"""


def test_an_error_that_ends_a_thread_is_a_line_without_its_text() -> None:
    (line,) = lines_of("error", _THREAD)
    assert (line["message"], line["thread"]) == ("a thread failed", "nodes")
    assert line["error"].startswith("RuntimeError at ")
    assert "hunter2" not in str(line)


def lines_of(level: str, program: str = _PROGRAM) -> list[dict[str, Any]]:
    words = [sys.executable, "-W", "error", "-c", program, level]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warn", ["warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_lines_below_the_level_are_left_out(level: str, written: list[str]) -> None:
    lines = lines_of(level)
    for name in ("webhook.x", "vaultkube.x"):
        assert [line["message"] for line in lines if line["logger"] == name] == written


def test_the_addresses_that_libraries_log_for_debugging_are_never_written() -> None:
    written = [line["message"] for line in lines_of("debug") if line["logger"] == "urllib3"]
    assert written == ["warning", "error"]
