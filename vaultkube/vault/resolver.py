"""Vault as the webhook uses it: it logs in as a ServiceAccount of the object's namespace, never as itself."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import hvac
import requests
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, RateLimitExceeded, VaultDown, VaultError

from vaultenv.errors import VaultEnvError
from vaultenv.references.parts import Value
from vaultenv.references.resolve import Transit, resolve_values
from vaultkube.deadline import Deadline
from vaultkube.errors import NotResolved
from vaultkube.vault.client import new_client
from vaultkube.vault.reader import HvacReader, cause_of
from webhook.config.annotations import Config
from webhook.config.transit import DEFAULT_MOUNT

_BATCH_SIZE = 25
_REASONS: dict[type[VaultError], str] = {
    VaultDown: "Vault is sealed or not ready; unseal it and try again",
    RateLimitExceeded: "Vault has too much to do (429); try again",
    Forbidden: "403 permission denied; the role must be bound to this ServiceAccount and namespace: check the annotations vault-role, vault-path and vault-serviceaccount",
    InvalidRequest: "400 refused; check that the role of the annotation vault-role exists",
    InvalidPath: "404 no auth method is mounted there; check the annotation vault-path",
}


class Tokens(Protocol):
    """Where tokens of ServiceAccounts come from: `vaultkube.apiserver.client.Cluster`."""

    def create_token(
        self, namespace: str, service_account: str, audiences: list[str], deadline: Deadline
    ) -> str | None: ...


@dataclass(frozen=True)
class Identity:
    """Who reads: a ServiceAccount, logged in with `role`."""

    namespace: str
    service_account: str
    role: str


class Vault:
    """Resolves the references of Secrets and ConfigMaps."""

    def __init__(self, tokens: Tokens, ca_file: str, strict_tls: bool = False) -> None:
        self._tokens = tokens
        self._ca_file = ca_file
        self._strict_tls = strict_tls

    def resolve(
        self,
        values: Mapping[str, Value],
        config: Config,
        identity: Identity,
        ca: bytes,
        deadline: Deadline,
        dry_run: bool,
    ) -> dict[str, bytes | None]:
        """Return `values` with their references replaced, None where a missing path is ignored.

        NotResolved lists all that could not be; OutOfTime if replacing them takes too long.

        `ca` holds the PEM certificates of the annotation's `vault-tls-secret`; without it the operator's CA serves.
        After a dry run the token is revoked, and what was leased with it.
        """
        token = self._token(config, identity, deadline)
        client = self._client(config, ca, deadline)
        with contextlib.closing(client.adapter):
            _log_in(client, config, identity, token)
            try:
                return self._resolve(values, client, config, deadline)
            finally:
                if dry_run:
                    _revoke(client)

    def _client(self, config: Config, ca: bytes, deadline: Deadline) -> hvac.Client:
        try:
            return new_client(
                config.address,
                ca=ca.decode("ascii", "replace") if ca else self._own_ca(),
                skip_verify=config.skip_verify,
                strict=self._strict_tls,
                namespace=config.vault_namespace,
                remaining_s=deadline.remaining_s,
            )
        except (OSError, ValueError):
            where = (
                f"annotation vault-tls-secret: `ca.crt` of Secret {config.tls_secret}"
                if ca
                else "VAULT_CACERT"
            )
            raise NotResolved(f"{where} holds no certificate in PEM form; correct it") from None

    def _own_ca(self) -> str:
        return Path(self._ca_file).read_text(encoding="ascii", errors="replace") if self._ca_file else ""

    def _resolve(
        self, values: Mapping[str, Value], client: hvac.Client, config: Config, deadline: Deadline
    ) -> dict[str, bytes | None]:
        try:
            found = resolve_values(
                {name.encode("utf-8", "surrogatepass"): value for name, value in values.items()},
                HvacReader(client),
                transit=_transit(config),
                ignore_missing=config.ignore_missing,
                before_each=deadline.check,
            )
        except VaultEnvError as error:
            raise NotResolved(str(error)) from error
        return {name: found.get(name.encode("utf-8", "surrogatepass")) for name in values}

    def _token(self, config: Config, identity: Identity, deadline: Deadline) -> str:
        audiences = [config.token_audience] if config.token_audience else []
        token = self._tokens.create_token(identity.namespace, identity.service_account, audiences, deadline)
        if token is None:
            raise NotResolved(
                f"ServiceAccount {_account(identity)} does not exist; correct the annotation vault-serviceaccount"
            )
        if not deadline.remaining_s():
            raise NotResolved(f"no time was left to log in to Vault at {config.address}; try again")
        return token


def _log_in(client: hvac.Client, config: Config, identity: Identity, token: str) -> None:
    where = f"{config.address}/v1/auth/{config.path}/login"
    try:
        answer = client.auth.jwt.jwt_login(identity.role, token, path=config.path)
        client.token = answer["auth"]["client_token"]
    except VaultError as error:
        raise NotResolved(
            f"failed to request new Vault token: ServiceAccount {_account(identity)} with role {identity.role!r} at {where}: "
            f"{_reason(error)}"
        ) from error
    except (requests.RequestException, KeyError, TypeError) as error:
        raise NotResolved(
            f"failed to request new Vault token: {where}: {cause_of(error)}; {_remedy(error)}"
        ) from error


def _account(identity: Identity) -> str:
    return f"{identity.namespace}/{identity.service_account}"


def _revoke(client: hvac.Client) -> None:
    with contextlib.suppress(VaultError, requests.RequestException):
        client.auth.token.revoke_self()


def _reason(error: VaultError) -> str:
    """What kind of error it is and what to do; Vault's own text is left out."""
    for kind, reason in _REASONS.items():
        if isinstance(error, kind):
            return reason
    return f"{type(error).__name__}; check the annotations vault-role, vault-path and vault-serviceaccount"


def _remedy(error: Exception) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "name a Secret of the webhook's namespace with the CA as `ca.crt` in the annotation vault-tls-secret"
    return "check the annotation vault-addr and that Vault is up"


def _transit(config: Config) -> Transit:
    if not config.transit_key:
        return Transit()
    return Transit(
        config.transit_key, config.transit_path or DEFAULT_MOUNT, config.transit_batch_size or _BATCH_SIZE
    )
