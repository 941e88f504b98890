"""Renewals: a token and its leases are renewed when due, and the token is revoked after its pod's deletion.

https://developer.hashicorp.com/vault/api-docs/system/leases#renew-lease,
https://developer.hashicorp.com/vault/api-docs/auth/token#renew-a-token-self
"""

import json
from dataclasses import replace
from typing import Any

from vaultcsi.errors import CsiError
from vaultcsi.vault.access import Access
from vaultcsi.vault.connections import Answer, Connections, VaultRequest
from vaultcsi.vault.issued import IssuedAnswer
from vaultcsi.vault.login import VaultToken
from vaultcsi.vault.server import PodLogin
from vaultenv.client.answers import auth_of, body_of, cannot_answer
from vaultenv.renewal.schedule import Held, ended, failed, number_in, renewed
from vaultkube.deadline import Deadline

_RENEW_LEASE = "sys/leases/renew"
_RENEW_TOKEN = "auth/token/renew-self"  # noqa: S105  # a path
_REVOKE_TOKEN = "auth/token/revoke-self"  # noqa: S105  # a path


class Renewals:
    """Renews and revokes the token and the leases of an access, which the caller has locked."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def renew_due(self, login: PodLogin, access: Access, now: float, deadline: Deadline) -> int:
        """Renew due leases, and the token if leases depend on it; return the number of attempts."""
        token, tried = access.token, 0
        if token is None:
            return 0
        if access.has_leases() and _is_due(token.held, now):
            access.token = token = self._renew_token(login, token, now, deadline)
            tried += 1
        for request, answer in list(access.issued.items()):
            if _is_due(answer.held, now):
                access.issued[request] = self._renew_lease(login, token, answer, now, deadline)
                tried += 1
        return tried

    def revoke(self, login: PodLogin, token: VaultToken, deadline: Deadline) -> bool:
        """Revoke the token and its leases; return whether Vault did so."""
        try:
            request = VaultRequest("PUT", _REVOKE_TOKEN, body="{}", repeatable=True, kind="revoke")
            return self._connections.send(login.server, request, token.value, deadline).status < 300
        except CsiError:
            return False

    def _renew_token(self, login: PodLogin, token: VaultToken, now: float, deadline: Deadline) -> VaultToken:
        held, _ = self._renewed(
            login,
            token,
            VaultRequest("PUT", _RENEW_TOKEN, body="{}", kind="renew"),
            token.held,
            0,
            now,
            deadline,
        )
        return replace(token, held=held)

    def _renew_lease(
        self, login: PodLogin, token: VaultToken, answer: IssuedAnswer, now: float, deadline: Deadline
    ) -> IssuedAnswer:
        body = json.dumps({"lease_id": answer.held.terms.lease_id})
        request = VaultRequest("PUT", _RENEW_LEASE, body=body, kind="renew")
        held, failures = self._renewed(login, token, request, answer.held, answer.failures, now, deadline)
        return replace(answer, held=held, failures=failures)

    def _renewed(
        self,
        login: PodLogin,
        token: VaultToken,
        request: VaultRequest,
        held: Held,
        failures: int,
        now: float,
        deadline: Deadline,
    ) -> tuple[Held, int]:
        """Return the schedule after a renewal, and the number of failures in a row without an answer of Vault."""
        try:
            answer = self._connections.send(login.server, request, token.value, deadline)
        except CsiError:
            return failed(held, failures + 1, now), failures + 1
        if cannot_answer(answer.status) or not _is_of_vault(answer):
            return failed(held, failures + 1, now), failures + 1
        granted_s = 0.0 if answer.status >= 400 else number_in(_granted(answer).get("lease_duration"))
        return (renewed(held, granted_s, now) if granted_s else ended(held, now)), 0


def _is_of_vault(answer: Answer) -> bool:
    """Return whether the answer is from Vault, and not a page of a proxy."""
    return "errors" in body_of(answer.body) if answer.status >= 400 else "lease_duration" in _granted(answer)


def _granted(answer: Answer) -> dict[str, Any]:
    body = body_of(answer.body)
    return auth_of(body) or body


def _is_due(held: Held, now: float) -> bool:
    return held.renewable and held.due_at <= now
