"""Requests beside reads: renewals, decryption, other logins."""

import socket
from typing import Any

import pytest

from tests.vaultenv.client.reading import LOGIN, USERPASS, client, in_turn
from tests.vaultenv.client.stand_in import answer, stand_in
from vaultenv.basics.log import Log
from vaultenv.errors import LoginFailed, NotVault, RequestRefused, VaultUnavailable
from vaultenv.settings import Settings
from vaultenv.start import launch


def test_a_page_of_a_proxy_is_no_answer_to_a_renewal() -> None:
    """Before, it was one without a lease time: the lease ended, and the program was restarted with another one."""
    with stand_in(in_turn(answer("200 OK", b"<html>back soon</html>"))) as server:
        vault = client(server)
        with pytest.raises(NotVault, match="is this the address of Vault"):
            vault.call("PUT", "sys/leases/renew", "{}")
        vault.close()


def test_a_page_of_a_proxy_is_no_answer_of_transit() -> None:
    """Before, VAULT_IGNORE_MISSING_SECRETS left the variable out, as for a ciphertext that transit refuses."""
    with stand_in(in_turn(answer("200 OK", b"<html>back soon</html>"))) as server:
        vault = client(server)
        outcomes = vault.decrypt("transit/decrypt/mykey", ["vault:v1:YQ==", "vault:v1:Yg=="])
        assert [type(outcome) for outcome in outcomes] == [NotVault, NotVault]
        vault.close()


def test_an_empty_answer_is_a_success() -> None:
    with stand_in(in_turn(answer("204 No Content"))) as server:
        vault = client(server)
        assert vault.call("PUT", "auth/token/revoke-self", "{}") == {}
        vault.close()


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_login_sends_no_token_and_others_see_the_one_before_until_it_succeeds(is_refused: bool) -> None:
    """The agent's listener adds the token to requests of programs meanwhile."""
    vault: Any = None
    seen: list[str] = []

    def behave(stream: socket.socket, head: bytes) -> None:
        seen.append(vault.token)
        stream.sendall(answer("400 Bad Request", b'{"errors":["no"]}') if is_refused else LOGIN)

    with stand_in(behave) as server:
        vault = client(server, **USERPASS)
        if is_refused:
            with pytest.raises(LoginFailed):
                vault.login()
        else:
            vault.login()
        vault.close()
        assert b"x-vault-token" not in server.heads[0].lower()
    assert seen == ["the-token"]
    assert vault.token == ("the-token" if is_refused else "t")


def test_a_start_does_not_wait_for_a_revocation() -> None:
    """A failure of it is a warning: before, a start with VAULT_ENV_TIMEOUT=0 waited for it without an end."""
    with stand_in(in_turn(answer("503 Service Unavailable"))) as server:
        vault = client(server, VAULT_ENV_TIMEOUT="15s")
        launch._finish(Settings({b"VAULT_REVOKE_TOKEN": b"true"}), vault, Log("error"))
        vault.close()
        assert len(server.heads) == 3


@pytest.mark.parametrize("auth", [b'["t"]', b'"t"', b'{"client_token":["t"]}', b"7"])
def test_a_login_that_brings_no_token_is_an_error(auth: bytes) -> None:
    with stand_in(in_turn(answer("200 OK", b'{"auth":%s}' % auth))) as server:
        vault = client(server, **USERPASS)
        with pytest.raises(RequestRefused, match="the answer holds no token"):
            vault.login()
        vault.close()


def test_a_login_waits_for_a_clouds_metadata() -> None:
    """It may run a moment later than the pod; before, the container ended, and was restarted."""
    busy, identity = answer("503 Service Unavailable"), answer("200 OK", b"a.b.c")
    with stand_in(in_turn(busy, busy, identity)) as metadata, stand_in(in_turn(LOGIN)) as server:
        vault = client(server, VAULT_AUTH_METHOD="gcp-gce", GCE_METADATA_HOST=f"127.0.0.1:{metadata.port}")
        vault.login()
        vault.close()
        assert (vault.token, len(metadata.heads)) == ("t", 3)


@pytest.mark.parametrize(
    ("status", "requests"),
    [("403 Forbidden", 1), ("503 Service Unavailable", 2), ("429 Too Many Requests", 2), ("410 Gone", 2)],
)
def test_a_refusal_of_metadata_is_final_and_an_outage_is_waited_out_until_the_deadline(
    status: str, requests: int
) -> None:
    with stand_in(in_turn(answer(status))) as metadata, stand_in(in_turn(LOGIN)) as server:
        place = {"GCE_METADATA_HOST": f"127.0.0.1:{metadata.port}", "VAULT_ENV_TIMEOUT": "1s"}
        vault = client(server, VAULT_AUTH_METHOD="gcp-gce", **place)
        with pytest.raises((LoginFailed, VaultUnavailable), match=f"answered {status[:3]}"):
            vault.login()
        vault.close()
        assert min(len(metadata.heads), 2) == requests
        assert server.heads == []
