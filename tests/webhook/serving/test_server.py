"""gunicorn's settings: the addresses on which it listens."""

import errno
import socket

import pytest

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
