"""gunicorn's settings: the addresses on which it listens, and its log."""

import errno
import json
import logging
import socket

import pytest
from gunicorn.config import Config

from vaultkube.log import JsonFormatter
from webhook.config.settings import read_settings
from webhook.serving.server import options


def test_a_port_without_an_address_is_every_address() -> None:
    assert options(read_settings({"LISTEN_ADDRESS": ":8443"}))["bind"] in ("[::]:8443", "0.0.0.0:8443")
    assert options(read_settings({"LISTEN_ADDRESS": "[::1]:8443"}))["bind"] == "[::1]:8443"


def test_a_port_on_a_node_without_ipv6_is_every_address_of_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_ipv6(family: int) -> socket.socket:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr("webhook.serving.server.socket.socket", without_ipv6)
    assert options(read_settings({"LISTEN_ADDRESS": ":8443"}))["bind"] == "0.0.0.0:8443"


def test_what_gunicorn_logs_is_a_line_of_ours_without_paths_and_texts_of_errors(
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = Config()
    chosen = options(read_settings({}))
    for name in ("logger_class", "loglevel"):
        config.set(name, chosen[name])
    log = config.logger_class(config)
    log.warning("Invalid request from ip=10.0.0.1")
    log.error("Worker (pid:%s) was sent SIGKILL!", 7)
    try:
        raise ValueError("hunter2")
    except ValueError:
        log.exception("Error handling request %s %s", "POST", "/s3cret/pods")
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    assert [line["message"] for line in lines] == [
        "Worker (pid:7) was sent SIGKILL!",
        "Error handling request",
    ]
    assert lines[1]["error"].startswith("ValueError at ")
    assert "hunter2" not in str(lines)
    assert not logging.getLogger("gunicorn.error").handlers
