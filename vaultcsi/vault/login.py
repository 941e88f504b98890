"""Logins: a ServiceAccount's token for one of Vault, at an auth method of type kubernetes or jwt.

https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login
"""

import json
from dataclasses import dataclass, field

from vaultcsi.errors import CsiError, LoginRefused, Unavailable
from vaultcsi.vault.connections import Answer, Connections, VaultRequest
from vaultcsi.vault.server import PodLogin
from vaultenv.basics.jsontext import Number
from vaultenv.client.answers import body_of, cannot_answer, refusal
from vaultkube.deadline import Deadline

_FAILED = "failed to login"


@dataclass(frozen=True)
class VaultToken:
    """A token of Vault, with its lifetime in seconds (0: it does not end) from the monotonic time of the login."""

    value: str = field(repr=False)
    lifetime_s: int
    renewable: bool
    granted_at: float


def log_in(connections: Connections, login: PodLogin, jwt: str, deadline: Deadline, now: float) -> VaultToken:
    """Return Vault's token for the pod; raise LoginRefused or Unavailable, which name role, mount and ServiceAccount."""
    body = json.dumps({"role": login.role, "jwt": jwt})
    request = VaultRequest("POST", f"auth/{login.mount}/login", body=body, repeatable=True)
    answer = connections.send(login.server, request, "", deadline)
    auth = body_of(answer.body).get("auth") if answer.status == 200 else None
    if not isinstance(auth, dict) or not auth.get("client_token"):
        raise _error(login, answer)
    lifetime = auth.get("lease_duration")
    lifetime_s = int(lifetime) if isinstance(lifetime, Number) and lifetime.isdigit() else 0
    return VaultToken(str(auth["client_token"]), lifetime_s, auth.get("renewable") is True, now)


def _error(login: PodLogin, answer: Answer) -> CsiError:
    if answer.status < 400:
        return Unavailable(
            f"{_FAILED}: {answer.url} answered {answer.status} without a token: is this the address of Vault? ({login})"
        )
    line = f"{_FAILED}: {refusal(answer.method, answer.url, answer.status, answer.body)}"
    if cannot_answer(answer.status):
        return Unavailable(f"{line}: Vault cannot answer now; it is asked again by itself ({login})")
    return LoginRefused(f"{line}: {_remedy(login, answer.status)} ({login})")


def _remedy(login: PodLogin, status: int) -> str:
    role = f"auth/{login.mount}/role/{login.role}"
    if status == 400:
        return f"correct roleName of the SecretProviderClass, or create {role} in Vault"
    if status == 404:
        return f"no auth method is mounted at auth/{login.mount}: correct vaultAuthMountPath of the SecretProviderClass"
    return f"{role} must be bound to this ServiceAccount, its namespace and the audience of its token"
