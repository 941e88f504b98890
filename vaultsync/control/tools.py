"""Tools that the work on every object needs: status, events, finalizers, and requests of Vault."""

import hashlib
import hmac
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vaultkube.apiserver.client import Cluster
from vaultkube.deadline import Deadline
from vaultkube.documents.times import time_text
from vaultkube.errors import Refused
from vaultkube.sync_resources.destination import RestartTarget, TransformationSpec
from vaultkube.sync_resources.references import Reference
from vaultkube.sync_resources.requests import VaultRequest
from vaultkube.sync_resources.resources import API_VERSION, BY_KIND, GROUP
from vaultkube.sync_resources.secrets import SecretSpec
from vaultsync import reasons
from vaultsync.cluster.notices import Notice, Notices, subject_of
from vaultsync.cluster.objects import Objects, custom
from vaultsync.cluster.rollouts import restart
from vaultsync.cluster.store import Entry, Store, entry_of, has_changed
from vaultsync.content.transformation import Merged, merged
from vaultsync.control.access import Access, access_of
from vaultsync.control.conditions import Condition, needed_fields, rolled, status_patch
from vaultsync.control.destination import Destinations
from vaultsync.errors import SyncError, VaultDenied
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.engines import Engines
from vaultsync.vault.holders import Holders
from vaultsync.vault.server import Identity, Server, pairs
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Token

_TIMEOUT_S, _LONGEST_TIMEOUT_S = 30.0, 60.0
"""Of a request of Vault: a thread that waits for one is missing to all namespaces."""
_FORBIDDEN = 403
_OPERATOR_LENGTH = 8


@dataclass(frozen=True)
class Login:
    """A token of an identity, and the namespace of Vault that requests with it are for."""

    identity: Identity
    token: Token
    vault_namespace: str


@dataclass(frozen=True)
class Tools:
    """Tools of all work; `namespace` is the operator's, `key` that of the HMACs."""

    namespace: str
    key: bytes = field(repr=False)
    cluster: Cluster
    objects: Objects
    store: Store
    destinations: Destinations
    notices: Notices
    vaults: Vaults
    engines: Engines
    authorities: Authorities
    sessions: Sessions
    holders: Holders
    deletion_s: float = 60.0

    def access(self, reference: Reference | None, namespace: str) -> Access:
        """Return the way to Vault of an object in a namespace; raise ReferenceRefused."""
        return access_of(reference, namespace, self.namespace, self.store.get)

    def identity(self, access: Access, namespace: str, deadline: Deadline) -> Identity:
        """Return who logs in for an object in a namespace; raise ReferenceRefused for a CA that is not there."""
        merged_auth, spec = access.merged, access.spec
        server = Server(
            address=spec.address,
            ca=self.authorities.read(spec, access.connection.namespace, deadline),
            server_name=spec.server_name,
            skip_verify=spec.skip_verify,
            timeout_s=min(spec.timeout_s or _TIMEOUT_S, _LONGEST_TIMEOUT_S),
            headers=pairs({**spec.headers, **merged_auth.headers}),
        )
        return Identity(
            server=server,
            vault_namespace=merged_auth.vault_namespace,
            method=merged_auth.method,
            mount=merged_auth.mount.strip("/"),
            login=merged_auth.login,
            namespace=namespace,
            params=pairs(merged_auth.params),
            storage=merged_auth.storage,
        )

    def log_in(self, identity: Identity, spec: SecretSpec, deadline: Deadline) -> Login:
        """Return the shared login of an identity for an object; raise SyncError or Refused."""
        return login_with(self.sessions.token(identity, deadline), identity, spec)

    def send_request(self, login: Login, request: VaultRequest) -> dict[str, Any]:
        """Return Vault's answer to a request; a token that is refused is used no more."""
        call = Call(
            request.method,
            request.path,
            request.query,
            request.body,
            login.token.value,
            login.vault_namespace,
        )
        try:
            return self.vaults.send(login.identity.server, call)
        except VaultDenied as error:
            if error.status == _FORBIDDEN:
                self.sessions.forget(login.identity, login.token)
            raise

    def client(self, identity: Identity) -> str:
        """Return the name of an identity, after that of this installation; both tell nothing."""
        operator = hmac.new(self.key, b"operator", hashlib.sha256).hexdigest()[:_OPERATOR_LENGTH]
        return f"{operator}.{identity.mark(self.key)}"

    def transformation(self, entry: Entry, spec: SecretSpec) -> Merged:
        """Return what is made of Vault's answer; raise TransformationFailed."""
        known = {
            other.key.reference: other.resource.spec
            for other in self.store.entries_of_kinds(("SecretTransformation",))
            if isinstance(other.resource.spec, TransformationSpec)
        }
        return merged(spec.destination.transformation, entry.resource.namespace, known)

    def send_event(self, entry: Entry, reason: str, message: str, *, is_warning: bool = False) -> None:
        """Send an event about the object."""
        self.notices.send(Notice(subject_of(entry.resource), reason, message, is_warning))

    def save(
        self,
        entry: Entry,
        conditions: Sequence[Condition],
        fields: Mapping[str, Any],
        deadline: Deadline,
    ) -> Entry:
        """Write what is new in the status, and return the object as it is then."""
        fields = {**needed_fields(entry.key.kind, entry.status), **fields}
        patch = status_patch(
            entry.status, conditions, fields, entry.resource.generation, time_text(time.time())
        )
        if not patch:
            return entry
        return self._merge(entry, {"status": patch}, deadline, "status")

    def set_finalizer(self, entry: Entry, deadline: Deadline) -> Entry:
        """Add the finalizer, by a patch of the metadata alone, and return the object as it is then."""
        name = finalizer(entry.key.kind)
        if name in entry.finalizers:
            return entry
        return self._finalizers(entry, [*entry.finalizers, name], deadline)

    def drop_finalizers(self, entry: Entry, deadline: Deadline) -> Entry:
        """Take ours and that of the Vault Secrets Operator away, and return the object as it is then."""
        names = finalizers(entry.key.kind)
        others = [each for each in entry.finalizers if each not in names]
        return entry if len(others) == len(entry.finalizers) else self._finalizers(entry, others, deadline)

    def _finalizers(self, entry: Entry, names: Sequence[str], deadline: Deadline) -> Entry:
        metadata = {"finalizers": list(names), "resourceVersion": entry.version}
        return self._merge(entry, {"metadata": metadata}, deadline)

    def _merge(self, entry: Entry, patch: Mapping[str, Any], deadline: Deadline, part: str = "") -> Entry:
        collection = custom(entry.key.kind, entry.key.namespace)
        document = self.objects.merge(collection, entry.key.name, patch, deadline, part)
        if document is None:
            return entry
        after = entry_of(document, entry.key.kind, API_VERSION)
        if after.resource.uid != entry.resource.uid:
            # It was deleted and made anew meanwhile, and what was written of the work is about another object.
            if part:
                self.objects.merge(collection, entry.key.name, {part: None}, deadline, part)
            return entry
        if has_changed(entry, after):
            # It was changed meanwhile. The watch tells of that, and has it worked on again: what is known until then is the spec
            # of before, which this work is for, with the status that was written now.
            after = replace(after, resource=entry.resource, deleted_at=entry.deleted_at)
        self.store.put(after)
        return after

    def roll(
        self, entry: Entry, targets: Sequence[RestartTarget], deadline: Deadline
    ) -> tuple[Condition, ...]:
        """Roll the workloads that depend on the Secret, tell of each, and return the condition that says it, if there are any."""
        problems: list[str] = []
        for target in targets:
            name = f"{target.kind}/{target.name}"
            try:
                restart(self.objects, entry.resource.namespace, target, time_text(time.time()), deadline)
                self.send_event(entry, reasons.ROLLOUT_TRIGGERED, f"Rollout restart triggered for {name}")
            except (SyncError, Refused) as error:
                problems.append(f"Rollout restart of {name}: {error}")
                self.send_event(entry, reasons.ROLLOUT_FAILED, problems[-1], is_warning=True)
        return rolled(problems) if targets else ()


def login_with(token: Token, identity: Identity, spec: SecretSpec) -> Login:
    """Return the login of an identity with this token, for an object."""
    return Login(identity, token, spec.vault_namespace or identity.vault_namespace)


def finalizer(kind: str) -> str:
    """Return the finalizer that objects of a kind get."""
    return f"{kind.lower()}.{GROUP}/finalizer"


def finalizers(kind: str) -> tuple[str, ...]:
    """Return the finalizers that are taken away: ours, and that of the Vault Secrets Operator, which has some in the plural."""
    return finalizer(kind), f"{BY_KIND[kind].plural}.{GROUP}/finalizer"


def now() -> float:
    """Return the seconds since 1970, which a status can keep."""
    return time.time()


def chance() -> float:
    """Return a number from 0 to 1 that spreads what would be due at once."""
    return random.random()  # noqa: S311  # no secret
