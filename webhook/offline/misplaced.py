"""Our keys in places of a manifest that no webhook reads: beside the pod template, under `data`, or one level too deep."""

from collections.abc import Iterator

from vaultkube.problem import FieldPath, Problem
from webhook.config.annotation_keys import ALL_PREFIXES
from webhook.offline.reviewable import ReviewableObject, find_objects, follow

_READ = (("metadata", "annotations"), ("metadata", "labels"))
"""The places that are read; the webhook itself warns about labels."""


def find_misplaced(content: object) -> Iterator[Problem]:
    """Yield a warning for each key with one of our prefixes in an object, outside of the annotations that are read."""
    for reviewable in find_objects(content, ""):
        read = {(*reviewable.path, *place) for place in _READ}
        place = ".".join(map(str, (*reviewable.path[len(reviewable.owner) :], "metadata", "annotations")))
        for path in _keys(_searched(content, reviewable), reviewable.owner):
            if path[:-1] not in read:
                message = f"{path[-1]} has no effect here: write it as an annotation, under {place}"
                yield Problem("annotation-misplaced", path, message)


def _searched(content: object, reviewable: ReviewableObject) -> object:
    """Return the part of the object to search; of kinds that are not Kubernetes' own only the metadata."""
    owner = follow(content, reviewable.owner)
    return owner if reviewable.is_known_kind else {"metadata": owner.get("metadata")}


def _keys(content: object, path: FieldPath) -> Iterator[FieldPath]:
    if isinstance(content, list):
        for index, item in enumerate(content):
            yield from _keys(item, (*path, index))
    elif isinstance(content, dict):
        for key, value in content.items():
            if key.startswith(ALL_PREFIXES):
                yield (*path, key)
            yield from _keys(value, (*path, key))
