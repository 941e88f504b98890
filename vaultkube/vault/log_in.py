"""The login: a ServiceAccount token is exchanged for a Vault token, at an auth method of type kubernetes or jwt.

https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import hvac
import requests
from hvac.exceptions import (
    BadGateway,
    Forbidden,
    InternalServerError,
    InvalidPath,
    InvalidRequest,
    PreconditionFailed,
    RateLimitExceeded,
    UnexpectedError,
    VaultDown,
    VaultError,
    VaultNotInitialized,
)

from vaultkube.errors import NotResolved, VaultUnavailable
from vaultkube.vault.failures import cause_of
from vaultkube.vault.login import FieldNames, VaultLogin

_FAILED = "failed to request new Vault token"
_CANNOT_ANSWER = "Vault, or a proxy before it, cannot answer now"
_UNAVAILABLE: dict[type[VaultError], str] = {
    VaultDown: "Vault is sealed or not ready; unseal it and try again",
    VaultNotInitialized: "Vault is not initialised (501); initialise it and try again",
    RateLimitExceeded: "Vault has too much to do (429); try again",
    InternalServerError: f"{_CANNOT_ANSWER} (500); its log says why",
    BadGateway: f"{_CANNOT_ANSWER} (502); try again",
    PreconditionFailed: f"{_CANNOT_ANSWER} (412); try again",
    UnexpectedError: f"{_CANNOT_ANSWER}; try again, and check the address",  # hvac has no class for 472, 473, 504
}


@dataclass(frozen=True)
class VaultToken:
    """A token of Vault, its TTL in seconds, and whether Vault limits the number of its uses."""

    value: str = field(repr=False)
    lasts_s: float
    is_counted: bool


def log_in(client: hvac.Client, login: VaultLogin, account_token: str) -> VaultToken:
    """Return Vault's token for the ServiceAccount; raise NotResolved or VaultUnavailable, without Vault's own text."""
    where = f"{login.address}/v1/auth/{login.mount}/login"
    try:
        return _granted(client.auth.jwt.jwt_login(login.role, account_token, path=login.mount)["auth"])
    except VaultError as error:
        who = f"ServiceAccount {login.account} with role {login.role!r} at {where}"
        raise _login_error(error, who, login.names) from error
    except (requests.RequestException, KeyError, TypeError, ValueError) as error:
        raise VaultUnavailable(
            f"{_FAILED}: {where}: {cause_of(error)}; {_remedy(error, login.names)}"
        ) from error


def _granted(auth: Mapping[str, Any]) -> VaultToken:
    lasts_s = float(auth.get("lease_duration") or math.inf)
    return VaultToken(auth["client_token"], lasts_s, bool(auth.get("num_uses")))


def _login_error(error: VaultError, who: str, names: FieldNames) -> NotResolved:
    for kind, reason in _UNAVAILABLE.items():
        if isinstance(error, kind):
            return VaultUnavailable(f"{_FAILED}: {who}: {reason}")
    reasons: dict[type[VaultError], str] = {
        Forbidden: "403 permission denied; the role must be bound to this ServiceAccount, its namespace and "
        f"the audience of its token: check the {names.identity}",
        InvalidRequest: f"400 refused; check that the role of the {names.role} exists",
        InvalidPath: f"404 no auth method is mounted there; check the {names.mount}",
    }
    other = f"{type(error).__name__}; check the {names.identity}"
    reason = next((text for kind, text in reasons.items() if isinstance(error, kind)), other)
    return NotResolved(f"{_FAILED}: {who}: {reason}")


def _remedy(error: Exception, names: FieldNames) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return names.ca_remedy
    return f"check the {names.address} and that Vault is up"
