"""Renewals: an answer that is not Vault's ends nothing."""

import socket
from dataclasses import replace

import pytest

from tests.vaultcsi.vault.test_access import LOGIN, REQUEST, SERVER, entered, token
from tests.vaultcsi.vault.test_handover import lease
from tests.vaultenv.client.stand_in import answer, stand_in
from vaultcsi.vault.access import Accesses
from vaultcsi.vault.connections import Connections
from vaultcsi.vault.renewals import Renewals
from vaultenv.renewal.schedule import NEVER, Held
from vaultkube.deadline import Deadline

LATER = 1045.0


def test_a_redirecting_standby_leaves_lease_and_token_renewable() -> None:
    def redirects(stream: socket.socket, _head: bytes) -> None:
        stream.sendall(answer("307 Temporary Redirect", b"", b"Location: https://10.0.0.9:8200/v1/a"))

    outcomes: list[tuple[str, str]] = []
    access = entered(Accesses(10), LOGIN)
    access.token, access.issued = token(60, renewable=True), {REQUEST: lease()}
    with stand_in(redirects) as vault:
        login = replace(LOGIN, server=replace(SERVER, address=vault.address))
        renewals = Renewals(Connections(lambda kind, outcome, _seconds: outcomes.append((kind, outcome))))
        assert renewals.renew_due(login, access, LATER, Deadline(5)) == 2
        held = access.issued[REQUEST]
        assert (held.failures, held.held.renewable) == (1, True)
        assert access.token.held.renewable
        assert not renewals.revoke(login, access.token, Deadline(5))
    assert outcomes == [("renew", "unavailable"), ("renew", "unavailable"), ("revoke", "unavailable")]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", b"<html>log in</html>"),
        ("200 OK", b'{"message": "ok"}'),
        ("204 No Content", b""),
        ("403 Forbidden", b"<html>log in</html>"),
        ("404 Not Found", b'{"message": "no route"}'),
    ],
)
def test_a_page_of_a_proxy_ends_no_lease_until_the_lease_itself_ends(status: str, body: bytes) -> None:
    def serves_a_page(stream: socket.socket, _head: bytes) -> None:
        stream.sendall(answer(status, body))

    access = entered(Accesses(10), LOGIN)
    access.token, access.issued = token(60), {REQUEST: lease()}
    with stand_in(serves_a_page) as vault:
        login = replace(LOGIN, server=replace(SERVER, address=vault.address))
        assert Renewals(Connections()).renew_due(login, access, LATER, Deadline(60)) == 1
    kept = access.issued[REQUEST]
    assert (kept.failures, kept.held.renewable) == (1, True)
    assert not kept.is_replaced(LATER)
    assert kept.is_replaced(kept.held.ends_at)


@pytest.mark.parametrize(
    ("status", "body", "renewable"),
    [
        ("200 OK", b"<html>log in</html>", True),
        ("200 OK", b'{"auth": {"lease_duration": 60}}', True),
        ("200 OK", b'{"auth": {"lease_duration": 0}}', False),
        ("400 Bad Request", b'{"errors": ["lease not found"]}', False),
    ],
)
def test_only_vault_ends_the_renewal_of_a_token(status: str, body: bytes, renewable: bool) -> None:
    def answers(stream: socket.socket, _head: bytes) -> None:
        stream.sendall(answer(status, body))

    access = entered(Accesses(10), LOGIN)
    access.token = token(60, renewable=True)
    access.issued = {REQUEST: replace(lease(), held=Held(lease().held.terms, NEVER))}
    with stand_in(answers) as vault:
        login = replace(LOGIN, server=replace(SERVER, address=vault.address))
        assert Renewals(Connections()).renew_due(login, access, LATER, Deadline(60)) == 1
    assert access.token.held.renewable is renewable
