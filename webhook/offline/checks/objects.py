"""Problems of Secrets and ConfigMaps."""

from collections.abc import Iterator

from webhook.admission.objects import OBJECT_KINDS
from webhook.config.annotations import parse_config
from webhook.config.transit import NO_KEY
from webhook.objects.references import find_references
from webhook.offline.checks.annotations import annotation_problems
from webhook.offline.checks.finding import Problem
from webhook.offline.documents import YamlPath
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import Reviewed

_FIELDS = ("stringData", "data", "binaryData")


def object_problems(reviewed: Reviewed, operator: Operator) -> Iterator[Problem]:
    """Yield what is wrong with the Secret or ConfigMap."""
    config, _ = parse_config(reviewed.annotations, operator.defaults)
    yield from annotation_problems(reviewed, operator, config)
    references = find_references(OBJECT_KINDS[reviewed.resource].find_values(reviewed.content))
    if references and not config.service_account:
        names = ", ".join(references.names())
        message = f"it holds Vault references ({names}) but names no identity to read them with"
        yield Problem("identity", ("metadata", "annotations"), message)
    for name, problem in references.problems(config):
        rule = "transit-key" if problem == NO_KEY else "reference"
        yield Problem(rule, value_path(reviewed, name), f"key {name}: {problem}")


def value_path(reviewed: Reviewed, name: str) -> YamlPath:
    """Return the path of a value by the name that `find_values` gives it."""
    key = name if _field(reviewed, name) else name.partition(" ")[0]
    return (_field(reviewed, key) or "data", key)


def _field(reviewed: Reviewed, key: str) -> str:
    return next((field for field in _FIELDS if key in (reviewed.content.get(field) or {})), "")
