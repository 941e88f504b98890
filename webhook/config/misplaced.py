"""Our keys in places of an object where they have no effect, and keys for pods on other objects."""

from collections.abc import Iterable, Iterator

from vaultkube.problem import Problem
from webhook.config.annotation_keys import HASHICORP_PREFIX, PREFIXES, annotation_path
from webhook.config.annotations import ANNOTATIONS, PODS

_POD_KEYS = frozenset([key for row in ANNOTATIONS if row.scope == PODS for key in row.full_keys()])


def pod_key_warnings(resource: str, kind: str, annotations: Iterable[str]) -> Iterator[Problem]:
    """Yield a warning for each of these keys of a Secret or ConfigMap that is for pods, HashiCorp's too.

    The controller of a custom object may copy its annotations to pods.
    """
    for key in annotations if resource in ("secrets", "configmaps") else ():
        if key in _POD_KEYS or key.startswith(HASHICORP_PREFIX):
            message = f"{key} has no effect on a {kind}: it is for pods"
            yield Problem("annotation-misplaced", annotation_path(key), message)


def pod_label_warnings(metadata: object) -> list[Problem]:
    """Return a warning for each label of a pod that should be an annotation, HashiCorp's too.

    With the annotation, a label of HashiCorp's is for selectors.
    """
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    foreign = _warnings(metadata, (HASHICORP_PREFIX,))
    return [
        *label_warnings(metadata),
        *(each for each in foreign if each.path[-1] not in (annotations or ())),
    ]


def label_warnings(metadata: object) -> list[Problem]:
    """Return a warning for each label with one of our prefixes: only annotations are read."""
    return _warnings(metadata, PREFIXES)


def _warnings(metadata: object, prefixes: tuple[str, ...]) -> list[Problem]:
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return [
        Problem(
            "annotation-misplaced",
            ("metadata", "labels", key),
            f"label {key} has no effect: write it as an annotation, under metadata.annotations",
        )
        for key in (labels if isinstance(labels, dict) else ())
        if key.startswith(prefixes)
    ]
