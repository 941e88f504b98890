"""Problems of Secrets and ConfigMaps, from the webhook's decisions."""

from collections.abc import Iterator

from vaultkube.kept.objects import annotation_of
from vaultkube.kept.values import PATH
from vaultkube.objects.kinds import OBJECT_KINDS
from vaultkube.problem import Problem
from webhook.admission.sealed_references import NOT_OURS
from webhook.config.misplaced import label_warnings, pod_key_warnings
from webhook.objects.paths import find_requested_paths
from webhook.objects.problems import object_problems, object_warnings, openbao_problems
from webhook.objects.references import references_in
from webhook.objects.refreshable import find_refreshable
from webhook.offline.checks.annotations import annotation_problems, configure_object
from webhook.offline.checks.migration import object_migration
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import ReviewableObject


def check_object(reviewable: ReviewableObject, operator: Operator, *, migration: bool) -> Iterator[Problem]:
    """Yield the problems of the Secret or ConfigMap; with `migration`, also its differences from Bank-Vaults."""
    configured = configure_object(reviewable, operator)
    config, content = configured.config, reviewable.content
    kind = OBJECT_KINDS[reviewable.resource]
    references = references_in(kind, content)
    yield from pod_key_warnings(reviewable.resource, reviewable.kind, reviewable.annotations)
    if reviewable.sent:
        yield from annotation_problems(configured, reviewable.namespace)
        yield from label_warnings(reviewable.content.get("metadata"))
        yield from openbao_problems(reviewable.resource, content, config)
        yield from object_problems(content, references, config, reviewable.namespace)
        yield from object_warnings(content, references)
        yield from find_refreshable(kind, content, config).warnings
        if annotation_of(content) and config.refresh_after_s:
            yield Problem("kept-references", PATH, NOT_OURS)
        requested = find_requested_paths(content, references, config, operator.defaults["vault_namespace"])
        yield from operator.settings.path_policy().violations(requested, reviewable.namespace)
    if migration:
        yield from object_migration(reviewable, operator, config, references, kind.find_values(content))
