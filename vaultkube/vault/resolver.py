"""References resolved by Vault, logged in as a ServiceAccount of the object's namespace, never as ourselves."""

import contextlib
from pathlib import Path
from typing import Protocol

import hvac
import requests
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, RateLimitExceeded, VaultDown, VaultError

from vaultenv.errors import VaultEnvError
from vaultenv.references.bounds import Bounds
from vaultenv.references.resolve import resolve_values
from vaultkube.deadline import Deadline
from vaultkube.errors import NotResolved, VaultUnavailable
from vaultkube.net.room import Room
from vaultkube.vault.client import ANSWERS_BYTES, new_client
from vaultkube.vault.login import FieldNames, Resolution, VaultLogin
from vaultkube.vault.reader import HvacReader, cause_of

OBJECT_BOUNDS = Bounds(values_bytes=1536 << 10, longest_result=128 << 10, template_units=4 << 20)
"""No object is larger than 1.5 MiB (etcd), no environment variable than 128 KiB (Linux)."""
_UNAVAILABLE: dict[type[VaultError], str] = {
    VaultDown: "Vault is sealed or not ready; unseal it and try again",
    RateLimitExceeded: "Vault has too much to do (429); try again",
}


class Tokens(Protocol):
    """Issues tokens of ServiceAccounts: `vaultkube.apiserver.client.Cluster`."""

    def create_token(
        self, namespace: str, service_account: str, audiences: list[str], deadline: Deadline
    ) -> str | None: ...


class Vault:
    """Resolves the references of objects."""

    def __init__(self, tokens: Tokens, ca_file: str, strict_tls: bool = False) -> None:
        self._tokens = tokens
        self._ca_file = ca_file
        self._strict_tls = strict_tls

    def resolve(self, resolution: Resolution, deadline: Deadline) -> dict[str, bytes | None]:
        """Return the values with their references replaced, None where a missing path is ignored.

        Raises NotResolved, which lists all that could not be, VaultUnavailable if Vault cannot answer, OutOfTime if
        replacing them takes too long.
        """
        login = resolution.login
        token = self._token(login, deadline)
        room = Room(ANSWERS_BYTES)
        client = self._client(login, deadline, room)
        with contextlib.closing(client.adapter):
            _log_in(client, login, token)
            try:
                return _resolve(resolution, HvacReader(client, room), deadline)
            finally:
                if resolution.dry_run:
                    _revoke(client)

    def _client(self, login: VaultLogin, deadline: Deadline, room: Room) -> hvac.Client:
        try:
            return new_client(
                login.address,
                ca=login.ca.decode("ascii", "replace") if login.ca else self._own_ca(),
                skip_verify=login.skip_verify,
                strict=self._strict_tls,
                namespace=login.vault_namespace,
                remaining_s=deadline.remaining_s,
                room=room,
            )
        except (OSError, ValueError):
            where = login.names.ca if login.ca else "VAULT_CACERT"
            raise NotResolved(f"{where} holds no certificate in PEM form; correct it") from None

    def _own_ca(self) -> str:
        return Path(self._ca_file).read_text(encoding="ascii", errors="replace") if self._ca_file else ""

    def _token(self, login: VaultLogin, deadline: Deadline) -> str:
        audiences = [login.audience] if login.audience else []
        token = self._tokens.create_token(login.namespace, login.service_account, audiences, deadline)
        if token is None:
            raise NotResolved(
                f"ServiceAccount {_account(login)} does not exist; correct the {login.names.service_account}"
            )
        if not deadline.remaining_s():
            raise VaultUnavailable(f"no time was left to log in to Vault at {login.address}; try again")
        return token


def _resolve(resolution: Resolution, reader: HvacReader, deadline: Deadline) -> dict[str, bytes | None]:
    values = {name.encode("utf-8", "surrogatepass"): value for name, value in resolution.values.items()}
    try:
        found = resolve_values(
            values,
            reader,
            transit=resolution.transit,
            ignore_missing=resolution.ignore_missing,
            before_each=deadline.check,
            bounds=OBJECT_BOUNDS,
        )
    except VaultEnvError as error:
        raise NotResolved(str(error)) from error
    return {name: found.get(name.encode("utf-8", "surrogatepass")) for name in resolution.values}


def _log_in(client: hvac.Client, login: VaultLogin, token: str) -> None:
    where = f"{login.address}/v1/auth/{login.mount}/login"
    try:
        answer = client.auth.jwt.jwt_login(login.role, token, path=login.mount)
        client.token = answer["auth"]["client_token"]
    except VaultError as error:
        who = f"ServiceAccount {_account(login)} with role {login.role!r} at {where}"
        raise _login_error(error, who, login.names) from error
    except (requests.RequestException, KeyError, TypeError) as error:
        raise VaultUnavailable(
            f"failed to request new Vault token: {where}: {cause_of(error)}; {_remedy(error, login.names)}"
        ) from error


def _login_error(error: VaultError, who: str, names: FieldNames) -> NotResolved:
    """Return the refusal for an answer to the login; Vault's own text is left out."""
    for kind, reason in _UNAVAILABLE.items():
        if isinstance(error, kind):
            return VaultUnavailable(f"failed to request new Vault token: {who}: {reason}")
    reasons: dict[type[VaultError], str] = {
        Forbidden: "403 permission denied; the role must be bound to this ServiceAccount, its namespace and "
        f"the audience of its token: check the {names.identity}",
        InvalidRequest: f"400 refused; check that the role of the {names.role} exists",
        InvalidPath: f"404 no auth method is mounted there; check the {names.mount}",
    }
    other = f"{type(error).__name__}; check the {names.identity}"
    reason = next((text for kind, text in reasons.items() if isinstance(error, kind)), other)
    return NotResolved(f"failed to request new Vault token: {who}: {reason}")


def _account(login: VaultLogin) -> str:
    return f"{login.namespace}/{login.service_account}"


def _revoke(client: hvac.Client) -> None:
    with contextlib.suppress(VaultError, requests.RequestException):
        client.auth.token.revoke_self()


def _remedy(error: Exception, names: FieldNames) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return names.ca_remedy
    return f"check the {names.address} and that Vault is up"
