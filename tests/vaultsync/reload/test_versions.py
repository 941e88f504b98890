"""Latest versions in answers of a Vault chosen by a workload's author."""

from typing import Any

import pytest

from tests.vaultsync.vault.scene import IDENTITY, Answers, Surroundings
from vaultenv.basics.jsontext import loads
from vaultsync.reload.versions import Latest, Versions
from vaultsync.vault.client import Call
from vaultsync.vault.engines import Engines
from vaultsync.vault.server import Server
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Token, Tokens

TOKEN = Token("t", 0.0, 0.0, renewable=False)


class Metadata(Answers):
    """A KV engine whose metadata is the JSON text given."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def send(self, server: Server, call: Call) -> dict[str, Any]:
        if "/metadata/" in call.path:
            return {"data": loads(self._text.encode())}
        return {"data": {"path": "secret/", "type": "kv", "options": {"version": "2"}}}


def latest(text: str) -> Latest:
    vault = Metadata(text)
    versions = Versions(vault, Engines(vault), Sessions(Tokens(vault, Surroundings())), 1.0)
    return versions.latest(IDENTITY, TOKEN, "secret/data/a")


def test_the_current_version_is_returned() -> None:
    assert latest('{"current_version": 7, "versions": {"7": {}}}') == Latest(7)


@pytest.mark.parametrize(
    "text",
    [
        '{"current_version": "seven"}',
        '{"current_version": [7]}',
        '{"current_version": -1}',
        '{"current_version": 1e999}',
        "[7]",
        '"7"',
    ],
)
def test_a_malformed_version_is_reported_as_missing(text: str) -> None:
    found = latest(text)
    assert (found.version, found.problem) == (
        0,
        "secret/data/a: there is nothing, or its latest version is deleted",
    )


def test_facts_of_another_kind_are_none() -> None:
    assert latest('{"current_version": 7, "versions": {"7": [1]}}').version == 7
    assert latest('{"current_version": 7, "versions": [7]}').version == 7
