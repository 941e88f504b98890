"""The login: a ServiceAccount token is exchanged for a Vault token, at an auth method of type kubernetes or jwt.

https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login
"""

import math
from dataclasses import dataclass, field

import hvac
import requests
from hvac.adapters import RawAdapter
from hvac.exceptions import VaultError

from vaultenv.basics.jsontext import count_values, whole
from vaultenv.client.address import quoted
from vaultenv.client.answers import auth_of, body_of, cannot_answer, is_https_only, is_redirect, outage
from vaultkube.documents.times import seconds_of
from vaultkube.errors import NotResolved, VaultUnavailable
from vaultkube.vault.failures import cause_of
from vaultkube.vault.login import FieldNames, VaultLogin

_FAILED = "failed to request new Vault token"
_CANNOT_ANSWER = "Vault, or a proxy before it, cannot answer now"
_OUTAGES = {
    429: "Vault has too much to do (429); try again",
    500: f"{_CANNOT_ANSWER} (500); its log says why",
    501: "Vault is not initialised (501); initialise it and try again",
    503: "Vault is sealed or not ready; unseal it and try again",
}
_LONGEST_TOKEN = 16 << 10
"""Characters: a batch token has some thousands. Logins are kept, and the address may be that of the author's own server."""
_MOST_VALUES = 10_000
"""JSON values in an answer, which need up to a hundred times as much memory as their text."""


@dataclass(frozen=True)
class VaultToken:
    """A token of Vault, its TTL in seconds, and whether Vault limits the number of its uses."""

    value: str = field(repr=False)
    lasts_s: float
    is_counted: bool


def log_in(client: hvac.Client, login: VaultLogin, account_token: str) -> VaultToken:
    """Return Vault's token for the ServiceAccount; raise NotResolved or VaultUnavailable, without Vault's own text."""
    where = f"{login.address}/v1/auth/{login.mount}/login"
    path = f"/v1/auth/{quoted(login.mount)}/login"
    body = {"role": login.role, "jwt": account_token}
    try:
        adapter = RawAdapter.from_adapter(client.adapter)
        answer: requests.Response = adapter.request("post", path, json=body, raise_exception=False)
    except (requests.RequestException, VaultError, ValueError) as error:
        raise VaultUnavailable(
            f"{_FAILED}: {where}: {cause_of(error)}; {_remedy(error, login.names)}"
        ) from error
    if answer.status_code >= 300:
        who = f"ServiceAccount {login.account} with role {login.role!r} at {where}"
        raise _login_error(answer, who, login.names)
    token = _token_in(answer.content)
    if token is None:
        raise VaultUnavailable(
            f"{_FAILED}: {where}: the answer holds no token of Vault; check the {login.names.address}"
        )
    return token


def _token_in(body: bytes) -> VaultToken | None:
    """Return the token in an answer, None if there is none that Vault could have made."""
    auth = auth_of(body_of(body)) if count_values(body) <= _MOST_VALUES else {}
    token = auth.get("client_token")
    if not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN:
        return None
    return VaultToken(
        token, seconds_of(auth.get("lease_duration")) or math.inf, whole(auth.get("num_uses")) > 0
    )


def _login_error(answer: requests.Response, who: str, names: FieldNames) -> NotResolved:
    status = answer.status_code
    if is_https_only(answer.content):
        return NotResolved(
            f"{_FAILED}: {who}: {status}, it serves only HTTPS; write https:// in the {names.address}"
        )
    if cannot_answer(status):
        other = f"{_CANNOT_ANSWER} ({status}); try again, and check the address"
        reason = outage(status) if is_redirect(status) else _OUTAGES.get(status, other)
        return VaultUnavailable(f"{_FAILED}: {who}: {reason}")
    reasons = {
        400: f"400 refused; check that the role of the {names.role} exists",
        403: "403 permission denied; the role must be bound to this ServiceAccount, its namespace and "
        f"the audience of its token: check the {names.identity}",
        404: f"404 no auth method is mounted there; check the {names.mount}",
    }
    reason = reasons.get(status, f"{status} refused; check the {names.identity}")
    return NotResolved(f"{_FAILED}: {who}: {reason}")


def _remedy(error: Exception, names: FieldNames) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return names.ca_remedy
    return f"check the {names.address} and that Vault is up"
