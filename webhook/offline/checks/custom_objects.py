"""References that stay as they are in objects of other kinds; Bank-Vaults resolves each of them in the kinds of its chart."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from vaultenv.references.grammar import has_reference
from vaultkube.documents.utf8 import utf8
from vaultkube.objects.custom import is_custom_group
from vaultkube.problem import FieldPath, Problem
from webhook.offline.lists import objects_in
from webhook.offline.reviewable import find_objects

_METADATA: FieldPath = ("metadata",)
_LAST_APPLIED: FieldPath = ("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
_STAYS = "this reference stays as it is"
_IN_METADATA = f"{_STAYS}: metadata is not resolved; have the object name a Secret"
_NOT_CUSTOM = f"{_STAYS}: Kubernetes' own kinds are not resolved; have the object name a Secret"
_NOT_REGISTERED = (
    f"{_STAYS}, unless a controller copies it into a pod or a Secret; else have the kind registered (vault-webhook "
    "certificate --objects), or have the object name a Secret"
)


def custom_object_problems(content: object, custom_kinds: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each reference of an object that is no pod, Secret or ConfigMap, where it is not resolved."""
    for path, each in objects_in(content):
        for problem in _problems(each, custom_kinds):
            yield problem.inside(path)


def _problems(content: Mapping[str, object], custom_kinds: Collection[str]) -> Iterator[Problem]:
    found = [each.resource for each in find_objects(content, "", custom_kinds)]
    if found not in ([], ["objects"]):
        return
    group, slash, _ = str(content.get("apiVersion")).partition("/")
    elsewhere = _NOT_REGISTERED if slash and is_custom_group(group) else _NOT_CUSTOM
    for place in _references(content, ()):
        if place[:1] == _METADATA:
            yield Problem("custom-object", place, _IN_METADATA)
        elif not found:
            yield Problem("custom-object", place, elsewhere)


def _references(content: object, path: FieldPath) -> Iterator[FieldPath]:
    if isinstance(content, str):
        if has_reference(utf8(content)) and path != _LAST_APPLIED:
            yield path
        return
    parts: Iterable[tuple[str | int, object]] = ()
    if isinstance(content, Mapping):
        parts = content.items()
    elif isinstance(content, list):
        parts = enumerate(content)
    for step, part in parts:
        yield from _references(part, (*path, step))
