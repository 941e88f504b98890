"""Tools for the work on every object: status, Events, finalizers, and requests to Vault."""

import hashlib
import hmac
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vaultenv.basics.text import bounded
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.resources import Resource as Collection
from vaultkube.deadline import Deadline
from vaultkube.documents.times import time_text
from vaultkube.errors import Refused
from vaultkube.sync_resources.connection import ConnectionSpec
from vaultkube.sync_resources.destination import RestartTarget, TransformationSpec
from vaultkube.sync_resources.references import Reference
from vaultkube.sync_resources.requests import VaultRequest
from vaultkube.sync_resources.resources import BY_KIND, GROUP
from vaultkube.sync_resources.secrets import SecretSpec
from vaultsync import reasons
from vaultsync.cluster.notices import Notice, Notices, subject_of
from vaultsync.cluster.objects import Changed, Objects, custom
from vaultsync.cluster.rollouts import restart
from vaultsync.cluster.store import Entry, Store, entry_of, has_changed
from vaultsync.content.transformation import Merged, merged
from vaultsync.control.access import Access, access_of
from vaultsync.control.conditions import Condition, needed_fields, rolled, status_patch
from vaultsync.control.destination import Destinations
from vaultsync.errors import SyncError, TokenUnknown, VaultDenied
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.engines import Engines
from vaultsync.vault.holders import Holders
from vaultsync.vault.server import Identity, Server, pairs
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Token

_TIMEOUT_S, _LONGEST_TIMEOUT_S = 30.0, 60.0
"""Default and maximum for a request to Vault: a worker that waits is not available to other namespaces."""
_FORBIDDEN = 403
_SHOWN = 200
_OPERATOR_LENGTH = 8


@dataclass(frozen=True)
class Login:
    """A token of an identity, and the Vault namespace of the requests with it."""

    identity: Identity
    token: Token
    vault_namespace: str


@dataclass(frozen=True)
class Tools:
    """Clients, caches and helpers that all workers share; `namespace` is the operator's, `key` that of the HMACs."""

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
        """Return the access to Vault of an object in a namespace; raise ReferenceRefused."""
        return access_of(reference, namespace, self.namespace, self.store.get)

    def server(self, spec: ConnectionSpec, namespace: str, deadline: Deadline) -> Server:
        """Return the server of a VaultConnection in a namespace; raise ReferenceRefused or Refused for a missing CA."""
        return Server(
            address=spec.address,
            ca=self.authorities.read(spec, namespace, deadline),
            server_name=spec.server_name,
            skip_verify=spec.skip_verify,
            timeout_s=min(spec.timeout_s or _TIMEOUT_S, _LONGEST_TIMEOUT_S),
            headers=pairs(spec.headers),
        )

    def identity(self, access: Access, namespace: str, deadline: Deadline) -> Identity:
        """Return the identity that logs in for an object in a namespace; raise ReferenceRefused or Refused for a missing CA."""
        merged_auth = access.merged
        server = self.server(access.spec, access.connection.namespace, deadline)
        return Identity(
            server=replace(server, headers=pairs({**access.spec.headers, **merged_auth.headers})),
            vault_namespace=merged_auth.vault_namespace,
            method=merged_auth.method,
            mount=merged_auth.mount.strip("/"),
            login=merged_auth.login,
            namespace=namespace,
            params=pairs(merged_auth.params),
            storage=merged_auth.storage,
        )

    def request_as(
        self, identity: Identity, spec: SecretSpec, request: VaultRequest, deadline: Deadline
    ) -> dict[str, Any]:
        """Send a request with the shared login of an identity and return Vault's answer; raise SyncError or Refused.

        If Vault does not know the token of the login any more, it has done nothing: the request is repeated with another login.
        """
        try:
            return self.send_request(self._log_in(identity, spec, deadline), request)
        except TokenUnknown:
            return self.send_request(self._log_in(identity, spec, deadline), request)

    def _log_in(self, identity: Identity, spec: SecretSpec, deadline: Deadline) -> Login:
        return login_with(self.sessions.token(identity, deadline), identity, spec)

    def send_request(self, login: Login, request: VaultRequest) -> dict[str, Any]:
        """Send a request and return Vault's answer; forget the token if Vault refuses it. Raises VaultDenied or VaultAway."""
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
            if error.status != _FORBIDDEN:
                raise
            self.sessions.forget(login.identity, login.token)
            if isinstance(error, TokenUnknown):
                raise
            right = "read" if request.method == "GET" else "update"
            path = bounded(request.path, _SHOWN)
            message = f"{error}: a policy of the login must allow {right} of {path} ({login.identity})"
            raise VaultDenied(message, error.status) from None

    def client(self, identity: Identity) -> str:
        """Return the mark of this installation and that of an identity: keyed hashes, which reveal nothing."""
        operator = hmac.new(self.key, b"operator", hashlib.sha256).hexdigest()[:_OPERATOR_LENGTH]
        return f"{operator}.{identity.mark(self.key)}"

    def transformation(self, entry: Entry, spec: SecretSpec) -> Merged:
        """Return the merged transformation of an object; raise TransformationFailed."""
        known = {
            other.key.reference: other.resource.spec
            for other in self.store.entries_of_kinds(("SecretTransformation",))
            if isinstance(other.resource.spec, TransformationSpec)
        }
        return merged(spec.destination.transformation, entry.resource.namespace, known)

    def send_event(self, entry: Entry, reason: str, message: str, *, is_warning: bool = False) -> None:
        """Send an Event about the object."""
        self.notices.send(Notice(subject_of(entry.resource), reason, message, is_warning))

    def save(
        self,
        entry: Entry,
        conditions: Sequence[Condition],
        fields: Mapping[str, Any],
        deadline: Deadline,
    ) -> Entry:
        """Write the changes of the status, and return the updated object."""
        fields = {**needed_fields(entry.key.kind, entry.status), **fields}
        patch = status_patch(
            entry.status, conditions, fields, entry.resource.generation, time_text(time.time())
        )
        if not patch:
            return entry
        return self._merge(entry, {"status": patch}, deadline, "status")

    def set_finalizer(self, entry: Entry, deadline: Deadline) -> Entry:
        """Add the finalizer by a patch of only the metadata, and return the updated object.

        Work on several new objects adds it to the VaultAuth that they share at the same time: a second attempt follows a conflict.
        """
        name = finalizer(entry.key.kind)
        if name in entry.finalizers:
            return entry
        try:
            return self._finalizers(entry, [*entry.finalizers, name], deadline)
        except Changed:
            # The operator has no right to get the object: a patch that changes nothing is answered with it, too.
            found = self.objects.merge(_collection(entry), entry.key.name, {}, deadline)
        current = self._stored(entry, found) if found else entry
        if name in current.finalizers:
            return current
        return self._finalizers(current, [*current.finalizers, name], deadline)

    def drop_finalizers(self, entry: Entry, deadline: Deadline) -> Entry:
        """Remove our finalizer and the Vault Secrets Operator's, and return the updated object."""
        names = finalizers(entry.key.kind)
        others = [each for each in entry.finalizers if each not in names]
        return entry if len(others) == len(entry.finalizers) else self._finalizers(entry, others, deadline)

    def _finalizers(self, entry: Entry, names: Sequence[str], deadline: Deadline) -> Entry:
        metadata = {"finalizers": list(names), "resourceVersion": entry.version}
        return self._merge(entry, {"metadata": metadata}, deadline)

    def _merge(self, entry: Entry, patch: Mapping[str, Any], deadline: Deadline, part: str = "") -> Entry:
        document = self.objects.merge(_collection(entry), entry.key.name, patch, deadline, part)
        if document is None:
            return entry
        after = self._stored(entry, document)
        if after is entry and part:
            # What was written of the work is about another object.
            self.objects.merge(_collection(entry), entry.key.name, {part: None}, deadline, part)
        return after

    def _stored(self, entry: Entry, document: Mapping[str, Any]) -> Entry:
        """Store the object in an answer and return it; return `entry` if it was deleted and made anew meanwhile."""
        after = entry_of(document, entry.key.kind)
        if after.resource.uid != entry.resource.uid:
            return entry
        if has_changed(entry, after):
            # The object was changed meanwhile, and the watch queues it again. Until then the store has the earlier spec,
            # which this work is for, with the status that was written now.
            after = replace(after, resource=entry.resource, deleted_at=entry.deleted_at)
            self.store.put(after, is_whole=False)
            return after
        if after.deleted_at and not after.finalizers:
            # It is gone with this answer; the watch may have told so already, and would not again.
            self.store.drop(after.key, after.resource.uid)
            return after
        self.store.put(after)
        return after

    def roll(
        self, entry: Entry, targets: Sequence[RestartTarget], deadline: Deadline
    ) -> tuple[Condition, ...]:
        """Restart the workloads that depend on the Secret, send an Event for each, and return the condition, if there are any."""
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


def _collection(entry: Entry) -> Collection:
    return custom(entry.key.kind, entry.key.namespace)


def login_with(token: Token, identity: Identity, spec: SecretSpec) -> Login:
    """Return the login of an identity with this token, for an object."""
    return Login(identity, token, spec.vault_namespace or identity.vault_namespace)


def finalizer(kind: str) -> str:
    """Return our finalizer for objects of a kind."""
    return f"{kind.lower()}.{GROUP}/finalizer"


def finalizers(kind: str) -> tuple[str, ...]:
    """Return the finalizers to remove: ours, and the Vault Secrets Operator's, some of which have the kind in the plural."""
    return finalizer(kind), f"{BY_KIND[kind].plural}.{GROUP}/finalizer"


def now() -> float:
    """Return the seconds since 1970, which a status can store."""
    return time.time()


def chance() -> float:
    """Return a random number from 0 to 1, which spreads work that would be due at once."""
    return random.random()  # noqa: S311  # no secret
