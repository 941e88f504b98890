"""Problems of pods, by the decisions of the webhook, and the facts about them that are unknown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vaultkube.problem import Problem
from vaultkube.wire.pods import PodSpec
from webhook.config.misplaced import label_warnings
from webhook.offline.checks.annotations import annotation_problems, configure_object
from webhook.offline.checks.migration import pod_migration
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import ReviewableObject
from webhook.pods.facts import Source, Values, container_sources, find_containers
from webhook.pods.paths import find_requested_paths
from webhook.pods.pod import Plan, plan_pod


@dataclass(frozen=True)
class PodFacts:
    """Facts from outside of a pod: the sources of its variables, and whether the registry is asked about images."""

    sources: Mapping[Source, Values]
    unknown_sources: frozenset[Source]
    images_known: bool


def check_pod(
    reviewable: ReviewableObject, operator: Operator, facts: PodFacts, *, migration: bool
) -> Iterator[Problem]:
    """Yield the problems of the pod; with `migration`, also its differences from Bank-Vaults."""
    configured = configure_object(reviewable, operator)
    config, spec = configured.config, reviewable.content.get("spec") or {}
    plan = plan_pod(spec, config, facts.sources)
    if reviewable.sent:
        yield from annotation_problems(configured, reviewable.namespace)
        yield from label_warnings(reviewable.content.get("metadata"))
        yield from _unknown_sources(spec, facts.unknown_sources)
        yield from (*plan.problems, *plan.warnings)
        requested = find_requested_paths(spec, plan, config, operator.defaults["vault_namespace"])
        yield from operator.settings.path_policy().violations(requested, reviewable.namespace)
        if not facts.images_known:
            yield from _unknown_images(plan)
    if migration:
        yield from pod_migration(reviewable, operator, config, plan)


def _unknown_sources(spec: PodSpec, unknown: frozenset[Source]) -> Iterator[Problem]:
    for place, container in find_containers(spec):
        for field in ("envFrom", "env"):
            for source in sorted(unknown.intersection(container_sources({field: container.get(field)}))):
                message = f"{source.kind} {source.name} is in none of the files: whether it holds references is unknown"
                yield Problem("source-unknown", ("spec", *place, field), message)


def _unknown_images(plan: Plan) -> Iterator[Problem]:
    for place, image in plan.images.items():
        message = f"the entry point of image {image} is not in the manifest"
        yield Problem("entry-point-unknown", ("spec", *place, "image"), message)
