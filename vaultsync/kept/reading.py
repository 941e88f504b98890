"""Reading: the values of kept references from Vault, with the login that resolved the object at admission."""

from collections.abc import Mapping
from typing import NamedTuple

import requests

from vaultenv.client.answers import secret_or_error
from vaultenv.errors import VaultEnvError
from vaultenv.references.grammar import parse
from vaultenv.references.parts import Source, Value
from vaultenv.references.replace import Answers
from vaultenv.references.resolve import replaced_values
from vaultenv.references.secret import Secret
from vaultkube.deadline import Deadline
from vaultkube.errors import NotResolved
from vaultkube.kept.values import PATH, KeptLogin, KeptReferences, Place
from vaultkube.policy.paths import PathPolicy, RequestedPath, foreign_namespace
from vaultkube.sync_resources.connection import ConnectionSpec
from vaultkube.sync_resources.methods import KubernetesLogin
from vaultkube.vault.resolver import OBJECT_BOUNDS, not_resolved
from vaultsync.errors import InvalidResource
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.engines import KV, Engines
from vaultsync.vault.server import Identity, Server
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Token

_FORBIDDEN = 403


class Limits(NamedTuple):
    """Limits of kept references: the policy of paths, the Vault namespace of these, and the sources of trusted CAs."""

    policy: PathPolicy
    vault_namespace: str
    webhook_namespace: str
    ca_file: str


class Answered(NamedTuple):
    """Values by name, and the engine's type of each value that is not read again."""

    values: Mapping[str, bytes]
    left_out: Mapping[str, str]


class Reading:
    """Reads kept references, each path once; safe to share between threads."""

    def __init__(
        self,
        vaults: Vaults,
        engines: Engines,
        sessions: Sessions,
        authorities: Authorities,
        limits: Limits,
    ) -> None:
        self._vaults = vaults
        self._engines = engines
        self._sessions = sessions
        self._authorities = authorities
        self._limits = limits

    def read(self, references: KeptReferences, place: Place, deadline: Deadline) -> Answered:
        """Return the present values from Vault; raise NotResolved, which lists all failed references, SyncError or Refused.

        Only KV engines are read: others may answer each read with new credentials.
        """
        parsed = _parsed(references)
        self._check(parsed, references.login, place)
        identity = self._identity(references.login, place.namespace, deadline)
        token = self._sessions.token(identity, deadline)
        types = {
            path: self._engines.find(identity, token.value, path).type
            for path in dict.fromkeys(path for value in parsed.values() for path in value.paths())
        }
        left_out = {
            name: types[path] for name, value in parsed.items() for path in value.paths() if types[path] != KV
        }
        read = {name.encode(): value for name, value in parsed.items() if name not in left_out}
        secrets = {source: self._secret(identity, token, source) for source in _sources(read)}
        try:
            found = replaced_values(read, Answers(secrets, {}), False, deadline.check, OBJECT_BOUNDS)
        except VaultEnvError as error:
            raise not_resolved(error) from error
        return Answered({name.decode(): value for name, value in found.items()}, left_out)

    def _check(self, parsed: Mapping[str, Value], login: KeptLogin, place: Place) -> None:
        namespace = foreign_namespace(login.vault_namespace, self._limits.vault_namespace)
        requested = (
            RequestedPath(PATH, f"key {name}", path, namespace)
            for name, value in parsed.items()
            for path in value.paths()
        )
        problems = self._limits.policy.violations(requested, place.namespace)
        if problems:
            raise InvalidResource(problems)

    def _identity(self, login: KeptLogin, namespace: str, deadline: Deadline) -> Identity:
        trust = ConnectionSpec(
            address=login.address, ca_secret=login.tls_secret, ca_file=self._limits.ca_file
        )
        ca = self._authorities.read(trust, self._limits.webhook_namespace, deadline)
        return Identity(
            server=Server(login.address, ca, skip_verify=login.skip_verify),
            vault_namespace=login.vault_namespace,
            method="kubernetes",
            mount=login.auth_path.strip("/"),
            login=KubernetesLogin(
                role=login.role,
                service_account=login.service_account,
                audiences=(login.audience,) if login.audience else (),
            ),
            namespace=namespace,
        )

    def _secret(self, identity: Identity, token: Token, source: Source) -> Secret | VaultEnvError:
        answer = self._send(identity, token, source)
        if answer.status_code == _FORBIDDEN:
            self._sessions.forget(identity, token)
        url = f"{identity.server.address}/v1/{source.path}"
        return secret_or_error(
            "GET",
            url,
            source.path,
            answer.status_code,
            answer.content,
            lambda path: self._engines.find(identity, token.value, path).mount,
        )

    def _send(self, identity: Identity, token: Token, source: Source) -> requests.Response:
        query = {"version": source.version} if source.version else {}
        call = Call("GET", source.path, query, token=token.value, namespace=identity.vault_namespace)
        return self._vaults.exchange(identity.server, call)


def _parsed(references: KeptReferences) -> dict[str, Value]:
    """Return the parsed references; raise NotResolved for a text that this version's grammar refuses."""
    try:
        values = {name: parse(value.text.encode()) for name, value in references.values.items()}
    except VaultEnvError as error:
        raise NotResolved(str(error)) from error
    return {name: value for name, value in values.items() if value is not None}


def _sources(parsed: Mapping[bytes, Value]) -> dict[Source, None]:
    return dict.fromkeys(term.source for value in parsed.values() for term in value.terms())
