"""Problems of pods from the webhook's decisions, and the facts about them that are unknown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vaultkube.problem import Problem
from vaultkube.wire.pods import PodSpec
from webhook.config.misplaced import pod_label_warnings
from webhook.offline.checks.annotations import role_problems
from webhook.offline.checks.injector import injector_migration
from webhook.offline.checks.migration import pod_migration
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import ReviewableObject
from webhook.pods.facts import Source, Values, container_sources, find_containers
from webhook.pods.families import configure_pod, plan_families
from webhook.pods.plan import Plan


@dataclass(frozen=True)
class PodFacts:
    """Facts from outside a pod: the sources of its variables, and whether its images are read from the registry."""

    sources: Mapping[Source, Values]
    unknown_sources: frozenset[Source]
    images_known: bool


def check_pod(
    reviewable: ReviewableObject, operator: Operator, facts: PodFacts, origin: str
) -> Iterator[Problem]:
    """Yield the problems of the pod, and its differences from `origin`, a key of `ORIGINS`, if one is named."""
    settings = operator.settings_for(reviewable.annotations)
    configured = configure_pod(reviewable.annotations, operator.defaults, settings)
    spec = reviewable.content.get("spec") or {}
    planned = plan_families(spec, configured, facts.sources)
    plan = planned.whole
    if reviewable.sent:
        for config in planned.configs():
            yield from role_problems(config, reviewable.namespace)
        yield from (*configured.problems, *configured.warnings)
        yield from pod_label_warnings(reviewable.content.get("metadata"))
        yield from _unknown_sources(spec, facts.unknown_sources)
        yield from (*plan.problems, *plan.warnings)
        requested = planned.requested_paths(operator.defaults["vault_namespace"])
        yield from operator.settings.path_policy().violations(requested, reviewable.namespace)
        if not facts.images_known:
            yield from _unknown_images(plan)
    if origin == "vault-k8s" and planned.agent:
        yield from injector_migration(planned.agent, operator)
    if origin == "bank-vaults":
        yield from pod_migration(reviewable, operator, configured.launcher.config, planned.parts[0].plan)


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
