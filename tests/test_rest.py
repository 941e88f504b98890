"""The pauses of an API server between the tests that use it."""

import pytest

from tests import rest
from tests.rest import Rest


class Server:
    """Records what is done with it."""

    def __init__(self) -> None:
        self.calls = ""

    def pause(self) -> None:
        self.calls += "pause "

    def resume(self) -> None:
        self.calls += "resume "

    def wait(self) -> None:
        self.calls += "wait "


def test_a_server_pauses_when_no_test_has_used_it_for_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    resting = Rest(server)
    resting.before(is_used=False)
    assert server.calls == ""

    monkeypatch.setattr(rest, "PATIENCE_S", -1.0)
    resting.before(is_used=False)
    resting.before(is_used=False)
    assert server.calls == "pause "

    resting.before(is_used=True)
    resting.before(is_used=True)
    resting.end()
    assert server.calls == "pause resume wait "
