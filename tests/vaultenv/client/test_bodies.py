"""Requests of templates to the client: whole JSON objects, writes, and mounts."""

from typing import Any

from tests.servers.vault import Vault
from tests.vaultenv.client.reading import KV, MOUNT, client, in_turn
from tests.vaultenv.client.stand_in import StandIn, answer, stand_in
from tests.vaultenv.conftest import own_client
from vaultenv.client.answering import Answering
from vaultenv.errors import SecretNotFound, VaultEnvError, VaultUnavailable
from vaultenv.template.consul.answers import value_of
from vaultenv.template.consul.needs import Certificate, Write
from vaultenv.template.types import NilPointer


def bodies(server: StandIn, path: str) -> dict[str, Any] | VaultEnvError:
    vault = client(server)
    try:
        return vault.bodies([(path, [("version", "1")])])[0]
    finally:
        vault.close()


def written(server: StandIn) -> dict[str, Any] | VaultEnvError:
    vault = client(server)
    try:
        return vault.written("a/b", "{}")
    finally:
        vault.close()


def test_a_read_of_a_dynamic_engine_is_not_repeated_after_a_lost_answer() -> None:
    with stand_in(in_turn(b"", MOUNT["db"])) as server:
        outcome = bodies(server, "db/creds/app")
    assert isinstance(outcome, VaultUnavailable)
    assert "could make a second lease" in str(outcome)
    assert sum(b"/v1/db/creds/app?version=1 HTTP" in head for head in server.heads) == 1


def test_a_read_of_kv_is_repeated_after_a_lost_answer() -> None:
    with stand_in(in_turn(b"", MOUNT["kv"], KV)) as server:
        assert bodies(server, "kv/data/b") == {"data": {"data": {"k": "v"}, "metadata": {"version": "1"}}}


def test_a_write_is_never_sent_twice() -> None:
    with stand_in(in_turn(b"")) as server:
        assert isinstance(written(server), VaultUnavailable)
        assert len(server.heads) == 1


def test_an_answer_with_only_a_token_is_whole() -> None:
    with stand_in(in_turn(answer("200 OK", b'{"auth":{"client_token":"t"},"data":null}'))) as server:
        assert written(server) == {"auth": {"client_token": "t"}, "data": None}


def test_a_template_goes_on_with_nil_after_a_write_without_an_answer() -> None:
    """As consul-template does after a write to KV version 1; a certificate must come, and a path must be there."""
    write, certificate = Write("kv/a", (("x", "1"),)), Certificate("pki/issue/web", ())
    for status in ("204 No Content", "404 Not Found"):
        with stand_in(
            in_turn(MOUNT["db"], *[answer(status, b'{"errors":[]}' * (status[0] == "4"))] * 2)
        ) as server:
            vault = client(server)
            found = Answering(vault).found([write, certificate])
            vault.close()
        assert isinstance(found[certificate], SecretNotFound)
        if status.startswith("404"):
            assert isinstance(found[write], SecretNotFound)
        else:
            assert found[write] == {}
            assert isinstance(value_of(write, {}), NilPointer)


def test_an_unknown_mount_is_an_empty_object(secrets: Vault) -> None:
    with own_client(secrets, secrets.token) as vault:
        known, none = vault.mounts(["secret/account", "none/x"])
    assert known["data"]["path"] == "secret/"
    assert "data" not in none
