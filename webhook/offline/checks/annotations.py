"""The configuration of an object in a manifest, and the problems of its annotations."""

from collections.abc import Iterator

from vaultkube.problem import Problem
from webhook.config.annotations import OBJECTS, Config
from webhook.config.configure import Configured, configure, with_role
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import ReviewableObject


def configure_object(reviewable: ReviewableObject, operator: Operator) -> Configured:
    """Return the configuration that the webhook reads from the annotations of a Secret or ConfigMap."""
    settings = operator.settings_for(reviewable.annotations)
    return configure(reviewable.annotations, operator.defaults, settings, OBJECTS)


def annotation_problems(configured: Configured, namespace: str) -> Iterator[Problem]:
    """Yield the problems and warnings of the annotations."""
    yield from configured.problems
    yield from configured.warnings
    yield from role_problems(configured.config, namespace)


def role_problems(config: Config, namespace: str) -> Iterator[Problem]:
    """Yield the problem of a role that cannot be rendered, even if the webhook would not use it."""
    _, problems = with_role(config, namespace, "", "", "default")
    yield from problems
