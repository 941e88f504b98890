"""Logins: a ServiceAccount token is exchanged for a Vault token, at an auth method of type kubernetes or jwt.

https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login
"""

import json
from dataclasses import dataclass, field

from vaultcsi.errors import CsiError, LoginRefused, Unavailable
from vaultcsi.vault.connections import Answer, Connections, VaultRequest
from vaultcsi.vault.server import PodLogin
from vaultenv.client.answers import auth_of, body_of, cannot_answer, is_https_only, outage, refusal
from vaultenv.renewal.schedule import LEASED, NEVER, Held, Pace, Terms, granted, number_in
from vaultkube.deadline import Deadline

_FAILED = "failed to login"
_NOT_VAULT = "is this the address of Vault?"
_PACE = Pace(0.0)
_MIDDLE = 0.5
_LONGEST_TOKEN = 16 << 10
"""Characters: a token of Vault has about a hundred, a batch token some thousands; a class may name a server that is no Vault."""
_LAST_PART = 0.1
"""Part of a token's life that a mount needs at its begin, so that the token does not end before the mount."""


@dataclass(frozen=True, slots=True)
class VaultToken:
    """A token of Vault, the monotonic time of its grant, and its schedule."""

    value: str = field(repr=False)
    granted_at: float
    held: Held

    def is_usable(self, now: float, ahead_s: float) -> bool:
        """Return whether a mount may begin with the token.

        A token that cannot be renewed must last for `ahead_s` more seconds, for the leases that depend on it.
        """
        needed_s = 0.0 if self.held.renewable else ahead_s
        return self.held.ends_at - now > max(needed_s, _LAST_PART * self.held.first_s)


def log_in(connections: Connections, login: PodLogin, jwt: str, deadline: Deadline, now: float) -> VaultToken:
    """Return Vault's token for the pod; raise LoginRefused or Unavailable, which name role, mount and ServiceAccount."""
    body = json.dumps({"role": login.role, "jwt": jwt})
    request = VaultRequest("POST", f"auth/{login.mount}/login", body=body, repeatable=True, kind="login")
    answer = connections.send(login.server, request, "", deadline)
    auth = auth_of(body_of(answer.body)) if answer.status == 200 else {}
    token = auth.get("client_token")
    if not token or len(str(token)) > _LONGEST_TOKEN:
        raise _error(login, answer)
    lasts_s = number_in(auth.get("lease_duration"))
    terms = Terms(LEASED, lasts_s, "token", auth.get("renewable") is True)
    held = granted(terms, _PACE, now, _MIDDLE) if lasts_s else Held(terms, NEVER)
    return VaultToken(str(token), now, held)


def _error(login: PodLogin, answer: Answer) -> CsiError:
    if answer.status < 300:
        return Unavailable(
            f"{_FAILED}: {answer.url} answered {answer.status} without a token: {_NOT_VAULT} ({login})"
        )
    line = f"{_FAILED}: {refusal(answer.method, answer.url, answer.status, answer.body)}"
    if cannot_answer(answer.status):
        return Unavailable(f"{line}: {outage(answer.status)}; the request is retried automatically ({login})")
    if is_https_only(answer.body):
        return LoginRefused(f"{line} ({login})")
    is_of_vault = "errors" in body_of(answer.body)
    return LoginRefused(f"{line}: {_remedy(login, answer.status) if is_of_vault else _NOT_VAULT} ({login})")


def _remedy(login: PodLogin, status: int) -> str:
    role = f"auth/{login.mount}/role/{login.role}"
    if status == 400:
        return f"correct roleName of the SecretProviderClass, or create {role} in Vault"
    if status == 404:
        return f"no auth method is mounted at auth/{login.mount}: correct vaultAuthMountPath of the SecretProviderClass"
    return (
        f"{role} must be bound to this ServiceAccount, its namespace and the audience of its token, and auth/{login.mount} "
        "be a mount of Vault (vaultAuthMountPath is without auth/)"
    )
