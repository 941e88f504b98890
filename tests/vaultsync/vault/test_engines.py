"""Engines are looked up once for each mount of a Vault, and one author's Vault decides only for its own objects."""

from dataclasses import replace
from typing import Any

import pytest

from tests.vaultsync.vault.scene import IDENTITY, Answers
from vaultsync.vault.client import Call
from vaultsync.vault.engines import Engine, Engines
from vaultsync.vault.server import Server

KV2 = {"path": "secret/", "type": "kv", "options": {"version": "2"}}


class Mounts(Answers):
    """A Vault with a second answer for requests with other headers or another server name."""

    def __init__(self, data: object, elsewhere: object = None) -> None:
        super().__init__()
        self._data, self._elsewhere = data, elsewhere

    def send(self, server: Server, call: Call) -> dict[str, Any]:
        self.calls.append(call.path)
        return {"data": self._elsewhere if server.headers or server.server_name else self._data}


def test_a_mount_is_looked_up_once() -> None:
    vault = Mounts(KV2)
    engines = Engines(vault)
    for path in ("secret/data/a", "secret/data/b/c"):
        assert engines.find(IDENTITY, "t", path) == Engine("secret", "kv", "2")
    assert len(vault.calls) == 1


@pytest.mark.parametrize(
    "server",
    [
        replace(IDENTITY.server, headers=(("X-Vault-Namespace", "mine"),)),
        replace(IDENTITY.server, server_name="mine.example.com"),
    ],
)
def test_answers_are_remembered_by_headers_and_server_name(server: Server) -> None:
    """A load balancer, or Vault itself, may answer such requests from another namespace or server."""
    engines = Engines(Mounts(KV2, {"path": "secret/", "type": "database"}))
    assert engines.find(replace(IDENTITY, server=server), "t", "secret/data/a").type == "database"
    assert engines.find(IDENTITY, "t", "secret/data/a").type == "kv"


@pytest.mark.parametrize(
    "data",
    [
        {**KV2, "path": "x" * 1_000_000},
        {**KV2, "type": "t" * 1_000_000, "options": {"version": "v" * 1_000_000}},
        {"path": ["secret/"], "options": ["2"]},
        ["secret/"],
        None,
    ],
)
def test_an_answer_with_long_or_other_fields_fills_no_memory(data: object) -> None:
    engines = Engines(Mounts(data))
    engines.find(IDENTITY, "t", "secret/data/a")
    assert len(repr(engines._engines)) < 1000
