"""Log lines: text and JSON, levels, and the syslog server."""

import json
import socket

import pytest

from vaultenv.basics.log import Log


def test_text_lines_look_like_the_predecessors(capfd: pytest.CaptureFixture[str]) -> None:
    Log().error('cause: Put "https://vault": refused\nA:\n  ^')
    first, *rest = capfd.readouterr().err.splitlines()
    assert first.endswith(' level=ERROR msg="cause: Put \\"https://vault\\": refused" app=vault-env')
    assert rest == ["A:", "  ^"]


def test_json_lines_are_one_object_each(capfd: pytest.CaptureFixture[str]) -> None:
    Log(json=True).warn("a\nb ż")
    entry = json.loads(capfd.readouterr().err)
    assert (entry["level"], entry["msg"], entry["app"]) == ("WARN", "a\nb ż", "vault-env")


@pytest.mark.parametrize(
    ("level", "count"), [("debug", 4), ("info", 3), ("warn", 2), ("error", 1), ("loud", 3)]
)
def test_lines_below_the_level_are_left_out(
    level: str, count: int, capfd: pytest.CaptureFixture[str]
) -> None:
    log = Log(level)
    for write in (log.debug, log.info, log.warn, log.error):
        write("line")
    captured = capfd.readouterr()
    assert (captured.err.count("line"), captured.out) == (count, "")


def test_every_line_is_also_sent_to_the_syslog_server(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        Log(server=f"127.0.0.1:{server.getsockname()[1]}").error("told")
        packet = server.recv(65536)
    assert packet.startswith(b"<11>")
    assert b"vault-env: time=" in packet
    assert b'msg="told"' in packet
    assert "told" in capfd.readouterr().err


def test_a_syslog_server_that_is_not_there_does_no_harm(capfd: pytest.CaptureFixture[str]) -> None:
    Log(server="host.invalid:514").error("told")
    assert "told" in capfd.readouterr().err
