"""One JSON object a line."""

import io
import json
import logging

from vaultkube.log import Forwarder, Log


def test_a_line_has_time_level_message_and_fields() -> None:
    stream = io.StringIO()
    Log("info", stream).write("info", "reviewed", uid="u-1", ms=1.5)
    (line,) = stream.getvalue().splitlines()
    fields = json.loads(line)
    assert fields.pop("time").endswith("Z")
    assert fields == {"level": "info", "message": "reviewed", "uid": "u-1", "ms": 1.5}


def test_lines_below_the_level_are_left_out() -> None:
    stream = io.StringIO()
    log = Log("warning", stream)
    log.write("info", "left out")
    log.write("error", "written")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["written"]


def test_a_line_break_in_a_message_makes_no_second_line() -> None:
    stream = io.StringIO()
    Log("info", stream).write("info", "one\ntwo")
    assert len(stream.getvalue().splitlines()) == 1


def test_what_loggers_are_told_is_a_line_too() -> None:
    stream = io.StringIO()
    handler = Forwarder(Log("info", stream))
    handler.handle(logging.LogRecord("webhook.registry", logging.WARNING, "", 0, "image %r", ("a",), None))
    handler.handle(logging.LogRecord("webhook.registry", logging.CRITICAL, "", 0, "end", (), None))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["level"], line["message"], line["logger"]) for line in lines] == [
        ("warning", "image 'a'", "webhook.registry"),
        ("error", "end", "webhook.registry"),
    ]
