"""Readings: every place in an object's spec that names a path of Vault. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vaultenv.errors import InvalidReference
from vaultenv.references.grammar import parse
from vaultkube.documents.utf8 import utf8
from vaultkube.kept.codec import read_annotation
from vaultkube.kept.values import ANNOTATION, PATH, KeptReferences
from vaultkube.objects.kinds import OBJECT_KINDS
from vaultkube.policy.paths import RequestedPath, foreign_namespace
from vaultkube.problem import FieldPath
from vaultkube.provider_class.parameters import parse_class
from webhook.config.configure import is_skipped
from webhook.objects.paths import find_requested_paths
from webhook.objects.references import references_in
from webhook.offline.checks import sync_resources
from webhook.offline.checks.annotations import configure_object
from webhook.offline.checks.provider_classes import find_classes, requested_paths
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import ReviewableObject, find_objects
from webhook.pods.facts import Source, Values
from webhook.pods.families import configure_pod, plan_families

_DATA = "data"


class Reading(NamedTuple):
    """A place at `field` of a document that names a path of Vault; None for a path that is only known at the start.

    `vault_namespace` is the namespace in Vault, empty if it is the operator's.
    """

    object: str
    field: FieldPath
    where: str
    path: str | None
    vault_namespace: str = ""


def find_readings(
    content: Any, namespace: str, operator: Operator, sources: Mapping[tuple[str, Source], Values]
) -> Iterator[Reading]:
    """Yield the readings of a document; `sources` has ConfigMaps and Secrets with variables, by their namespace."""
    for reviewable in find_objects(content, namespace, operator.custom_kinds):
        for requested in _annotated_paths(reviewable, operator):
            yield _reading(str(reviewable), reviewable.path, requested)
        if not is_skipped(reviewable.annotations):
            for requested in _requested(reviewable, operator, sources):
                yield _reading(str(reviewable), reviewable.path, requested)
    for found in find_classes(content, namespace):
        texts = {name: value for name, value in found.parameters.items() if isinstance(value, str)}
        for requested in requested_paths(parse_class(texts)[0]):
            yield _reading(str(found), found.path, requested)
    for custom in sync_resources.find_resources(content, namespace):
        for requested in sync_resources.requested_paths(custom.resource):
            yield _reading(str(custom.resource), custom.path, requested)


def _reading(name: str, path: FieldPath, requested: RequestedPath) -> Reading:
    return Reading(
        name, (*path, *requested.field), requested.where, requested.path, requested.vault_namespace
    )


def _annotated_paths(reviewable: ReviewableObject, operator: Operator) -> Iterator[RequestedPath]:
    """Yield the paths of kept references, whether or not their seal is valid."""
    references = read_annotation(reviewable.annotations.get(ANNOTATION, ""))
    if not isinstance(references, KeptReferences):
        return
    namespace = foreign_namespace(references.login.vault_namespace, operator.defaults["vault_namespace"])
    for name, value in references.values.items():
        try:
            parsed = parse(utf8(value.text))
        except InvalidReference:
            continue
        for path in parsed.paths() if parsed else ():
            yield RequestedPath(PATH, f"kept reference of key {name}", path, namespace)


def _requested(
    reviewable: ReviewableObject, operator: Operator, sources: Mapping[tuple[str, Source], Values]
) -> Iterator[RequestedPath]:
    vault_namespace = operator.defaults["vault_namespace"]
    if reviewable.resource != "pods":
        config = configure_object(reviewable, operator).config
        references = references_in(OBJECT_KINDS[reviewable.resource], reviewable.content)
        yield from find_requested_paths(reviewable.content, references, config, vault_namespace)
        return
    settings = operator.settings_for(reviewable.annotations)
    configured = configure_pod(reviewable.annotations, operator.defaults, settings)
    own = {source: values for (where, source), values in sources.items() if where == reviewable.namespace}
    planned = plan_families(reviewable.content.get("spec") or {}, configured, own)
    yield from planned.requested_paths(vault_namespace)


def is_at(path: str, wanted: str, *, below: bool) -> bool:
    """Return whether a path is the wanted one or, with `below`, below it.

    The `data/` in a path of KV v2 may be missing: templates and Vault's command line leave it out.
    """
    ours, theirs = path.strip("/").split("/"), wanted.strip("/").split("/")
    candidates = [(ours, theirs), (_without_data(ours), theirs), (ours, _without_data(theirs))]
    return any(
        actual == expected or (below and actual[: len(expected)] == expected)
        for actual, expected in candidates
    )


def _without_data(segments: list[str]) -> list[str]:
    """Return the path without the first segment `data` after the mount."""
    if _DATA not in segments[1:-1]:
        return segments
    index = segments.index(_DATA, 1)
    return [*segments[:index], *segments[index + 1 :]]
