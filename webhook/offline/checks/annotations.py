"""Problems of annotations, one key at a time, by the function that the webhook reads them with."""

from collections.abc import Iterator, Mapping

from vaultkube.errors import ForbiddenAddress, InvalidAnnotation
from webhook.config.annotations import ANNOTATIONS, OBJECTS, PODS, Config, find_unknown
from webhook.config.configure import configure, with_role
from webhook.config.unsupported import find_refused
from webhook.offline.checks.finding import Problem
from webhook.offline.documents import YamlPath
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import Reviewed

_PLACE: YamlPath = ("metadata", "annotations")


def annotation_problems(reviewed: Reviewed, operator: Operator, config: Config) -> Iterator[Problem]:
    """Yield what is wrong with the annotations of the object."""
    scope = PODS if reviewed.resource == "pods" else OBJECTS
    settings = operator.settings_for(reviewed.annotations)
    for key, value in _effective(reviewed.annotations).items():
        path, alone = (*_PLACE, key), {key: value}
        try:
            _, warnings = configure(alone, operator.defaults, settings, scope)
        except ForbiddenAddress as error:
            yield Problem("vault-address", path, str(error))
        except InvalidAnnotation as error:
            rule = "annotation-refused" if find_refused(alone) else "annotation-value"
            yield Problem(rule, path, str(error))
        else:
            rule = "annotation-unknown" if find_unknown(alone) else "annotation-ignored"
            yield from (Problem(rule, path, warning) for warning in warnings)
    yield from _role(reviewed, config)


def path_of(field: str, annotations: Mapping[str, str]) -> YamlPath:
    """Return the path of the annotation that fills this field of the configuration."""
    keys = next(row.full_keys() for row in ANNOTATIONS if row.field == field)
    return (*_PLACE, next((key for key in keys if key in annotations), keys[-1]))


def _role(reviewed: Reviewed, config: Config) -> Iterator[Problem]:
    try:
        with_role(config, reviewed.namespace, "", "", "default")
    except InvalidAnnotation as error:
        yield Problem("role", path_of("role", reviewed.annotations), str(error))


def _effective(annotations: Mapping[str, str]) -> dict[str, str]:
    """The annotations without those that another spelling of the same key overrules."""
    overruled = {
        key for row in ANNOTATIONS for key in [key for key in row.full_keys() if key in annotations][1:]
    }
    return {key: value for key, value in annotations.items() if key not in overruled}
