"""Access: the way from an object to Vault, through its VaultAuth, a VaultAuthGlobal and a VaultConnection."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vaultkube.sync_resources.auth import AuthGlobalSpec, AuthSpec
from vaultkube.sync_resources.connection import ConnectionSpec
from vaultkube.sync_resources.references import DEFAULT, Reference
from vaultsync.cluster.store import Entry, Key
from vaultsync.errors import ReferenceRefused
from vaultsync.resources.access import is_allowed, refusal, resolved
from vaultsync.resources.merge import MergedAuth, merge
from vaultsync.vault.login import cannot_be_done

Table = TypeVar("Table")
Find = Callable[[Key], Entry | None]


@dataclass(frozen=True)
class Access:
    """A login with its VaultAuth and its VaultConnection, whose Secrets are in the VaultConnection's namespace."""

    merged: MergedAuth
    auth: Reference
    connection: Reference
    spec: ConnectionSpec


def access_of(reference: Reference | None, namespace: str, operator: str, find: Find) -> Access:
    """Return the access of an object in `namespace` that refers to this VaultAuth; raise ReferenceRefused.

    `operator` is the operator's namespace.
    """
    where = resolved(reference, namespace, operator)
    spec = _spec(find, "VaultAuth", where, AuthSpec)
    _check_allowed("VaultAuth", where, spec.allowed, namespace, operator)
    return access_through(where, spec, operator, find)


def access_through(where: Reference, spec: AuthSpec, operator: str, find: Find) -> Access:
    """Return the access through a VaultAuth; raise ReferenceRefused."""
    shared_at = _shared_reference(where, spec, operator, find)
    shared = _shared(shared_at, where, operator, find) if shared_at else None
    try:
        merged = merge(spec, shared)
        if refused := cannot_be_done(merged.login, is_operators=where.namespace == operator):
            raise ReferenceRefused(refused)
    except ReferenceRefused as error:
        raise ReferenceRefused(f"VaultAuth {where}: {error}") from None
    connection = resolved(merged.connection, where.namespace, operator)
    if shared_at and merged.connection_is_global and not find(Key("VaultConnection", *connection)):
        connection = resolved(merged.connection, shared_at.namespace, operator)
    found = _spec(find, "VaultConnection", connection, ConnectionSpec)
    return Access(merged, where, connection, found)


def _shared_reference(where: Reference, spec: AuthSpec, operator: str, find: Find) -> Reference | None:
    reference = spec.global_ref
    if reference is None:
        return None
    if reference.name:
        return Reference(reference.namespace or where.namespace, reference.name)
    namespaces = (reference.namespace,) if reference.namespace else (where.namespace, operator)
    for namespace in namespaces:
        if find(Key("VaultAuthGlobal", namespace, DEFAULT)):
            return Reference(namespace, DEFAULT)
    raise ReferenceRefused(
        f"VaultAuth {where}: there is no VaultAuthGlobal {DEFAULT!r} in namespace {' or '.join(namespaces)}"
    )


def _shared(reference: Reference, user: Reference, operator: str, find: Find) -> AuthGlobalSpec:
    spec = _spec(find, "VaultAuthGlobal", reference, AuthGlobalSpec)
    _check_allowed("VaultAuthGlobal", reference, spec.allowed, user.namespace, operator)
    return spec


def _check_allowed(
    kind: str, where: Reference, allowed: tuple[str, ...], namespace: str, operator: str
) -> None:
    if not is_allowed(allowed, where, namespace, operator):
        raise ReferenceRefused(refusal(kind, where, namespace))


def _spec(find: Find, kind: str, where: Reference, table: type[Table]) -> Table:
    entry = find(Key(kind, where.namespace, where.name))
    if entry is None:
        raise ReferenceRefused(f"{kind} {where} does not exist: create it, or correct the reference to it")
    if not isinstance(entry.resource.spec, table):
        raise ReferenceRefused(f"{kind} {where} cannot be used: see its conditions")
    return entry.resource.spec
