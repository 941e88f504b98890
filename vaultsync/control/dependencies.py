"""Dependencies: the namespaces of all objects that an object refers to. Pure.

A change in any other namespace queues nothing, so that no author can have the secrets of all namespaces read again.
"""

from collections.abc import Iterator

from vaultkube.sync_resources.auth import AuthGlobalSpec, AuthSpec, GlobalRef
from vaultkube.sync_resources.references import DEFAULT, Reference
from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec, StaticSecretSpec
from vaultsync.cluster.store import Entry, Key
from vaultsync.control.access import Find
from vaultsync.resources.access import resolved


def namespaces_of(entry: Entry, operator: str, find: Find) -> set[str]:
    """Return the namespaces that a secret or a VaultAuth depends on: its own, the operator's, and those it names.

    `operator` is the operator's namespace, which has the default objects.
    """
    return {entry.key.namespace, operator, *_named(entry, operator, find)}


def _named(entry: Entry, operator: str, find: Find) -> Iterator[str]:
    spec, namespace = entry.resource.spec, entry.key.namespace
    if isinstance(spec, AuthSpec):
        yield from _of_auth(spec, namespace, operator, find)
    if isinstance(spec, StaticSecretSpec | DynamicSecretSpec | PkiSecretSpec):
        where = resolved(spec.auth, namespace, operator)
        yield where.namespace
        auth = _spec(find, "VaultAuth", where)
        if isinstance(auth, AuthSpec):
            yield from _of_auth(auth, where.namespace, operator, find)
        transformation = spec.destination.transformation
        yield from (
            each.namespace for each in (transformation.refs if transformation else ()) if each.namespace
        )


def _of_auth(spec: AuthSpec, namespace: str, operator: str, find: Find) -> Iterator[str]:
    yield resolved(spec.connection, namespace, operator).namespace
    for where in _shared(spec.global_ref, namespace, operator):
        yield where.namespace
        shared = _spec(find, "VaultAuthGlobal", where)
        if isinstance(shared, AuthGlobalSpec):
            yield resolved(shared.connection, where.namespace, operator).namespace


def _shared(reference: GlobalRef | None, namespace: str, operator: str) -> Iterator[Reference]:
    """Yield the VaultAuthGlobals that a VaultAuth may refer to."""
    if reference is not None:
        name = reference.name or DEFAULT
        yield Reference(reference.namespace or namespace, name)
        if not reference.name and not reference.namespace:
            yield Reference(operator, name)


def _spec(find: Find, kind: str, where: Reference) -> object:
    entry = find(Key(kind, where.namespace, where.name))
    return entry.resource.spec if entry else None
