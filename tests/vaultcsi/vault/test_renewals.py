"""Renewals: an answer that is none of Vault's ends nothing."""

import socket
from dataclasses import replace

from tests.vaultcsi.vault.test_access import LOGIN, REQUEST, SERVER, entered, token
from tests.vaultcsi.vault.test_handover import lease
from tests.vaultenv.client.stand_in import answer, stand_in
from vaultcsi.vault.access import Accesses
from vaultcsi.vault.connections import Connections
from vaultcsi.vault.renewals import Renewals
from vaultkube.deadline import Deadline

LATER = 1045.0


def test_a_standby_that_redirects_ends_no_lease_and_is_asked_again() -> None:
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
