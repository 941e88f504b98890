"""Custom objects of `secrets.hashicorp.com`: their fields, the path policy, and references between them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from vaultkube.policy.paths import PathPolicy, RequestedPath, foreign_namespace
from vaultkube.problem import FieldPath, Problem
from vaultkube.provider_class.objects import unknown
from vaultkube.sync_resources.auth import AuthGlobalSpec, AuthSpec, GlobalRef, lets_in
from vaultkube.sync_resources.destination import TransformationRef, TransformationSpec
from vaultkube.sync_resources.references import DEFAULT, Reference
from vaultkube.sync_resources.requests import request_of
from vaultkube.sync_resources.resources import BY_KIND, GROUP, SPEC, Resource, is_resource, read_resource
from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec, StaticSecretSpec
from webhook.offline.lists import objects_in

SECRETS = (StaticSecretSpec, DynamicSecretSpec, PkiSecretSpec)
_DESTINATION: FieldPath = (*SPEC, "destination")


class FoundResource(NamedTuple):
    """A custom object, at `path` in a document."""

    path: FieldPath
    resource: Resource


class Together:
    """Holds the custom objects of all files by kind and name, and the number of objects that write each Secret."""

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._by_place: dict[tuple[str, Reference], Resource] = {}
        self._writers: Counter[Reference] = Counter()
        for resource in resources:
            self._by_place[resource.kind, Reference(resource.namespace, resource.name)] = resource
        for resource in self._by_place.values():
            if isinstance(resource.spec, SECRETS):
                self._writers[Reference(resource.namespace, resource.spec.destination.name)] += 1

    def get(self, kind: str, reference: Reference) -> Resource | None:
        """Return the object; None if no file has it."""
        return self._by_place.get((kind, reference))

    def writers(self, secret: Reference) -> int:
        """Return the number of objects that write a Secret."""
        return self._writers[secret]


def find_resources(content: Any, namespace: str) -> Iterator[FoundResource]:
    """Yield the custom objects of a document, also in a List; `namespace` is that of objects that name none."""
    for path, each in objects_in(content):
        if is_resource(each):
            found = read_resource(each)
            yield FoundResource(path, replace(found, namespace=found.namespace or namespace))


def kind_problems(content: Any) -> Iterator[Problem]:
    """Yield a problem for each object of the group, also in a List, whose kind the operator does not have."""
    for path, each in objects_in(content):
        kind = str(each.get("kind"))
        if str(each.get("apiVersion")).startswith(f"{GROUP}/") and kind not in BY_KIND:
            what = f"a kind of {GROUP} that this operator has"
            yield Problem("sync-kind", (*path, "kind"), unknown(kind, tuple(BY_KIND), what))


def resource_problems(found: FoundResource, policy: PathPolicy, together: Together) -> Iterator[Problem]:
    """Yield the problems of a custom object: of its own fields, and of its references to others in the files."""
    resource = found.resource
    yield from resource.problems
    spec = resource.spec
    if isinstance(spec, AuthSpec):
        yield from _referred(resource, together, "VaultConnection", "vaultConnectionRef", spec.connection)
        yield from _global(resource, together, spec.global_ref)
    elif isinstance(spec, AuthGlobalSpec) and spec.connection and spec.connection.namespace:
        # Without a namespace it is looked up in that of each VaultAuth.
        yield from _referred(resource, together, "VaultConnection", "vaultConnectionRef", spec.connection)
    elif isinstance(spec, SECRETS):
        yield from policy.violations(requested_paths(resource), resource.namespace)
        yield from _referred(resource, together, "VaultAuth", "vaultAuthRef", spec.auth)
        yield from _destination(resource, together, spec)


def requested_paths(resource: Resource) -> Iterator[RequestedPath]:
    """Yield the path of Vault that a custom object reads, if its kind reads one."""
    if isinstance(resource.spec, SECRETS):
        namespace = foreign_namespace(resource.spec.vault_namespace, "")
        field = "role" if isinstance(resource.spec, PkiSecretSpec) else "path"
        yield RequestedPath((*SPEC, field), f"spec.{field}", request_of(resource.spec).path, namespace)


def _referred(
    resource: Resource, together: Together, kind: str, field: str, reference: Reference | None
) -> Iterator[Problem]:
    if reference is None:
        return
    target, path = reference.inside(resource.namespace), (*SPEC, field)
    referenced = together.get(kind, target)
    if referenced is None:
        yield Problem(
            "sync-reference-unknown", path, f"spec.{field}: {kind} {target} is in none of the files"
        )
    elif isinstance(referenced.spec, AuthSpec | AuthGlobalSpec) and not _may_allow(
        referenced, referenced.spec.allowed, resource.namespace
    ):
        yield Problem(
            "sync-reference",
            path,
            f"spec.{field}: {referenced} is not for namespace {resource.namespace}, unless that is the operator's: add the "
            "namespace to its allowedNamespaces, or use another one",
        )


def _may_allow(referenced: Resource, allowed: tuple[str, ...], namespace: str) -> bool:
    """Return whether a namespace may use an object.

    One called `default` may be in the operator's namespace, which no file names; then all may use it.
    """
    return lets_in(allowed, referenced.namespace, namespace) or (not allowed and referenced.name == DEFAULT)


def _global(resource: Resource, together: Together, reference: GlobalRef | None) -> Iterator[Problem]:
    if reference and reference.name:
        place = Reference(reference.namespace, reference.name)
        yield from _referred(resource, together, "VaultAuthGlobal", "vaultAuthGlobalRef", place)


def _destination(
    resource: Resource, together: Together, spec: StaticSecretSpec | DynamicSecretSpec | PkiSecretSpec
) -> Iterator[Problem]:
    secret = Reference(resource.namespace, spec.destination.name)
    if together.writers(secret) > 1:
        yield Problem(
            "sync-destination",
            (*_DESTINATION, "name"),
            f"spec.destination.name: another object of the files writes Secret {secret} too",
        )
    transformation = spec.destination.transformation
    for number, reference in enumerate(transformation.refs if transformation else ()):
        path: FieldPath = (*_DESTINATION, "transformation", "transformationRefs", number)
        yield from _transformation(resource, together, reference, path)


def _transformation(
    resource: Resource, together: Together, reference: TransformationRef, path: FieldPath
) -> Iterator[Problem]:
    target = Reference(reference.namespace or resource.namespace, reference.name)
    referenced = together.get("SecretTransformation", target)
    if referenced is None:
        yield Problem(
            "sync-reference-unknown", path, f"SecretTransformation {target} is in none of the files"
        )
        return
    known: Mapping[str, object] = (
        referenced.spec.templates if isinstance(referenced.spec, TransformationSpec) else {}
    )
    for index, chosen in enumerate(reference.templates):
        if referenced.spec and chosen.name not in known:
            yield Problem(
                "sync-reference",
                (*path, "templateRefs", index, "name"),
                f"{referenced} has no template {chosen.name!r}",
            )
