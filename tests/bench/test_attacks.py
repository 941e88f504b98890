"""Servers of the hostile benchmark: a client that hangs up leaves no output, an error of ours is printed."""

import ssl

import pytest

from bench.webhook.attacks import quiet_server


def handled(error: Exception) -> None:
    server = quiet_server()
    try:
        raise error
    except Exception:
        server.handle_error(None, ("127.0.0.1", 1))
    finally:
        server.server_close()


@pytest.mark.parametrize("error", [ssl.SSLEOFError(8, "EOF"), ConnectionResetError(), BrokenPipeError()])
def test_a_client_that_hangs_up_leaves_no_output(error: Exception, capfd: pytest.CaptureFixture[str]) -> None:
    handled(error)
    assert capfd.readouterr() == ("", "")


def test_an_error_of_the_server_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    handled(KeyError("auth"))
    assert "KeyError: 'auth'" in capfd.readouterr().err
