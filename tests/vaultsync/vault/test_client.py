"""Vault's answers to the operator: their bounds, refusals, and outages."""

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from tests.vaultenv.client.stand_in import answer, stand_in
from tests.vaultsync.content.specs import static
from vaultsync.content.source import source_of
from vaultsync.errors import DataUnusable, ReferenceRefused, SyncError, VaultAway, VaultDenied
from vaultsync.vault import client
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.server import Server

READ = Call("GET", "secret/data/one")
REDIRECT = "redirects to another address, where the token does not follow"
ELSEWHERE = b"Location: https://10.0.0.9:8200/v1/auth/token/lookup-self"


class Answering(Vaults):
    """A Vault with one answer to everything."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = content

    def _pool(self, server: Server) -> Any:
        response = SimpleNamespace(status_code=200, content=self._content)
        return SimpleNamespace(exchange=lambda request, budget_s: response)


def sent(status: str, content: bytes, call: Call = READ) -> dict[str, Any]:
    """Return what is read from an answer of Vault with this status."""

    def answers(stream: socket.socket, _head: bytes) -> None:
        stream.sendall(answer(status, content))

    with stand_in(answers) as vault:
        return Vaults().send(Server(vault.address), call)


def test_a_deleted_version_is_an_answer_that_says_so() -> None:
    deleted = b'{"data":{"data":null,"metadata":{"deletion_time":"2026-11-28T12:00:00Z","version":4}}}'
    found = sent("404 Not Found", deleted)
    with pytest.raises(DataUnusable, match="version 4 was deleted in Vault: write a new one"):
        source_of(static(), found)


@pytest.mark.parametrize(
    ("content", "query", "advice"),
    [
        (
            b'{"errors":[]}',
            {},
            r"Code: 404.*: nothing is stored there, .*correct spec.mount, spec.path .* and spec.type",
        ),
        (
            b'{"errors":[]}',
            {"version": "9"},
            "nothing is stored there, or not in this version: correct spec.version",
        ),
        (
            b'{"data":null,"warnings":["Invalid path for a versioned K/V secrets engine. See the API docs"]}',
            {},
            r"Code: 404.*: the mount is one of KV version 2: set spec.type: kv-v2",
        ),
    ],
)
def test_a_path_that_is_not_found_has_a_remedy(content: bytes, query: dict[str, str], advice: str) -> None:
    with pytest.raises(VaultDenied, match=advice):
        sent("404 Not Found", content, Call("GET", "secret/data/app", query))


def test_a_write_that_is_not_found_has_none_of_a_read() -> None:
    with pytest.raises(VaultDenied, match=r"Errors: no handler for route$"):
        sent(
            "404 Not Found",
            b'{"errors":["no handler for route"],"data":{}}',
            Call("PUT", "pki/revoke", body={}),
        )


@pytest.mark.parametrize("header", [("X-A", "b\r\nX-C: secret"), ("X\nA", "secret"), ("X-A", " secret")])
def test_a_header_that_cannot_be_sent_is_a_mistake_and_no_outage(header: tuple[str, str]) -> None:
    with pytest.raises(ReferenceRefused, match="headers of the VaultConnection") as caught:
        Vaults().send(Server("http://127.0.0.1:9", headers=(header,)), READ)
    assert "secret" not in str(caught.value)


def test_an_answer_is_not_read_that_would_be_a_hundred_times_as_large_in_memory() -> None:
    server = Server("https://vault")
    assert Answering(b'{"data":{"a":[' + b"1," * 50_000 + b"1]}}").send(server, READ)["data"]
    many = Answering(b'{"data":{"a":[' + b"1," * 200_000 + b"1]}}")
    with pytest.raises(VaultDenied, match="secret/data/one: Vault's answer has more than 100000 values"):
        many.send(server, READ)


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        ("307 Temporary Redirect", VaultAway, f"{REDIRECT}: give the address of the active Vault"),
        ("429 Too Many Requests", VaultAway, "Vault cannot answer now; the request is retried automatically"),
        ("473 Standby", VaultAway, "Vault cannot answer now; the request is retried automatically"),
        (
            "503 Service Unavailable",
            VaultAway,
            "Vault cannot answer now; the request is retried automatically",
        ),
        ("403 Forbidden", VaultDenied, "Code: 403"),
    ],
)
def test_a_vault_that_cannot_answer_now_refuses_nothing(
    status: str, kind: type[SyncError], message: str
) -> None:
    def answers(stream: socket.socket, _head: bytes) -> None:
        stream.sendall(answer(status, b"", ELSEWHERE))

    with stand_in(answers) as vault, pytest.raises(SyncError) as raised:
        Vaults().send(Server(vault.address), Call("GET", "auth/token/lookup-self", token="t"))
    assert type(raised.value) is kind
    assert message in str(raised.value)


@pytest.mark.parametrize("path", ["secret/data/../../../latest/meta-data", "auth/../../x/login", "/"])
def test_a_path_that_leads_out_of_vaults_tree_is_not_requested(path: str) -> None:
    with pytest.raises(VaultDenied, match=r"leads out of Vault's tree|the path is empty"):
        Vaults().send(Server("http://127.0.0.1:1"), Call("GET", path))


def test_certificates_of_many_connections_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def new_pool(server: Server) -> Any:
        made.append(server.ca)
        response = SimpleNamespace(status_code=204, content=b"")
        return SimpleNamespace(exchange=lambda request, budget_s: response)

    monkeypatch.setattr(client, "_new_pool", new_pool)
    vaults = Vaults()
    long, short = "x" * 200_000, "y"
    for ca in (short, *(f"{number}{long}" for number in range(6)), short, f"5{long}", f"0{long}"):
        vaults.send(Server("https://vault", ca), READ)
    assert [ca[:1] for ca in made] == [*"y012345", "y", "0"]
