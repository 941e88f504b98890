"""The configuration of an object of a manifest, and the problems of its annotations."""

from collections.abc import Iterator

from vaultkube.problem import Problem
from webhook.config.annotations import OBJECTS, PODS
from webhook.config.configure import Configured, configure, with_role
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import ReviewableObject


def configure_object(reviewable: ReviewableObject, operator: Operator) -> Configured:
    """Return the configuration that the webhook reads from the annotations of the object."""
    scope = PODS if reviewable.resource == "pods" else OBJECTS
    settings = operator.settings_for(reviewable.annotations)
    return configure(reviewable.annotations, operator.defaults, settings, scope)


def annotation_problems(configured: Configured, namespace: str) -> Iterator[Problem]:
    """Yield the problems and warnings of the annotations; the role is checked even if the webhook would not read it."""
    yield from configured.problems
    yield from configured.warnings
    _, role_problems = with_role(configured.config, namespace, "", "", "default")
    yield from role_problems
