"""Resolution of references in Vault, with a login as a ServiceAccount of the object's namespace, never as the webhook."""

import contextlib
from pathlib import Path
from typing import Protocol

import hvac
import requests
from hvac.adapters import RawAdapter
from hvac.exceptions import VaultError

from vaultenv.errors import NotResolved as Unresolved
from vaultenv.errors import VaultEnvError
from vaultenv.references.bounds import Bounds
from vaultenv.references.reader import Reader
from vaultenv.references.resolve import resolve_values
from vaultkube.deadline import Deadline
from vaultkube.documents.utf8 import utf8
from vaultkube.errors import NotResolved, VaultUnavailable
from vaultkube.net.room import Room
from vaultkube.vault.again import RepeatingReader
from vaultkube.vault.client import ANSWERS_BYTES, new_client
from vaultkube.vault.log_in import VaultToken, log_in
from vaultkube.vault.login import Resolution, VaultLogin
from vaultkube.vault.reader import HvacReader
from vaultkube.vault.shared_logins import SharedLogins, account_uid

OBJECT_BOUNDS = Bounds(values_bytes=1536 << 10, longest_result=128 << 10, template_units=4 << 20)
"""No object is larger than 1.5 MiB (etcd), no environment variable than 128 KiB (Linux)."""


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
        self._logins = SharedLogins()

    def resolve(self, resolution: Resolution, deadline: Deadline) -> dict[str, bytes | None]:
        """Return the values with their references replaced, None for a value whose missing path is ignored.

        Raises NotResolved, which lists all failures, VaultUnavailable if Vault cannot answer, OutOfTime if
        replacing them takes too long.
        """
        login = resolution.login
        account_token = self._token(login, deadline)
        room = Room(ANSWERS_BYTES)
        client = self._client(login, deadline, room)
        with contextlib.closing(client.adapter):
            if not resolution.dry_run:
                return _resolve(
                    resolution, self._reader(client, login, account_token, deadline, room), deadline
                )
            client.token = log_in(client, login, account_token).value
            try:
                return _resolve(resolution, HvacReader(client, room), deadline)
            finally:
                _revoke(client)

    def _reader(
        self, client: hvac.Client, login: VaultLogin, account_token: str, deadline: Deadline, room: Room
    ) -> Reader:
        """Return a Reader with a login that objects of the same identity share for a few seconds."""
        uid = account_uid(account_token)

        def log_in_anew() -> VaultToken:
            client.token = ""
            return log_in(client, login, account_token)

        def log_in_again() -> Reader:
            client.token, _ = self._logins.token(login, uid, log_in_anew, deadline, refused=client.token)
            return HvacReader(client, room)

        client.token, is_used = self._logins.token(login, uid, log_in_anew, deadline)
        reader = HvacReader(client, room)
        return RepeatingReader(reader, log_in_again) if is_used else reader

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
                f"ServiceAccount {login.account} does not exist; correct the {login.names.service_account}"
            )
        if not deadline.remaining_s():
            raise VaultUnavailable(f"no time was left to log in to Vault at {login.address}; try again")
        return token


def _resolve(resolution: Resolution, reader: Reader, deadline: Deadline) -> dict[str, bytes | None]:
    values = {utf8(name): value for name, value in resolution.values.items()}
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
        raise not_resolved(error) from error
    return {name: found.get(utf8(name)) for name in resolution.values}


def not_resolved(error: VaultEnvError) -> NotResolved:
    """Return the error for unresolved values of an object, with the word "key" in place of "variable".

    It is VaultUnavailable if an outage of Vault is the only reason.
    """
    kind = VaultUnavailable if error.is_outage else NotResolved
    return kind(str(Unresolved(error.problems, "key") if isinstance(error, Unresolved) else error))


def _revoke(client: hvac.Client) -> None:
    with contextlib.suppress(VaultError, requests.RequestException):
        adapter = RawAdapter.from_adapter(client.adapter)
        adapter.request("post", "/v1/auth/token/revoke-self", raise_exception=False)
