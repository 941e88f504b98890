"""Requests of a client that goes on for long: renewals, and other logins."""

import socket
from typing import Any

import pytest

from tests.vaultenv.client.reading import LOGIN, USERPASS, client, in_turn
from tests.vaultenv.client.stand_in import answer, stand_in
from vaultenv.errors import LoginFailed, NotVault


def test_a_page_of_a_proxy_is_no_answer_to_a_renewal() -> None:
    """Before, it was one without a lease time: the lease ended, and the program was restarted with another one."""
    with stand_in(in_turn(answer("200 OK", b"<html>back soon</html>"))) as server:
        vault = client(server)
        with pytest.raises(NotVault, match="is this the address of Vault"):
            vault.call("PUT", "sys/leases/renew", "{}")
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
