"""The values of a custom object: all texts in its nested maps and lists, without keys, metadata and status.

The name of a value is its JSON Pointer (RFC 6901), as the same key may be at many places.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vaultkube.documents.utf8 import utf8
from vaultkube.errors import NotResolved
from vaultkube.objects.text import as_text
from vaultkube.problem import FieldPath
from vaultkube.wire.objects import KubernetesObject

_NOT_VALUES = frozenset(["apiVersion", "kind", "metadata", "status"])
_IN_EVERY_REFERENCE = "vault:"
_POINTERS_LENGTH = 2 << 20
"""Characters of all pointers together: a long key is repeated in the pointer of each value below it."""
_INSTEAD = "a field of a custom object holds text: keep base64 in Vault, or use a Secret"

FieldStep = str | int
Steps = Iterator[tuple[FieldStep, object]]


def is_custom_group(group: str) -> bool:
    """Return whether the API group may be that of custom objects, which has a dot; `apps` and `….k8s.io` are Kubernetes' own."""
    return "." in group and not group.endswith(".k8s.io")


def find_values(content: KubernetesObject, mark: str = _IN_EVERY_REFERENCE) -> dict[str, bytes]:
    """Return the texts of `content` with `mark` in them, by JSON Pointer; raise NotResolved for too many."""
    found, left = {}, _POINTERS_LENGTH
    for path, text in _texts(content, mark):
        pointer = _pointer(path)
        left -= len(pointer)
        if left < 0:
            raise NotResolved("its references are nested too deep, or too many: divide the object")
        found[pointer] = utf8(text)
    return found


def values_at(content: KubernetesObject, names: Iterable[str]) -> dict[str, bytes]:
    """Return the texts at these JSON Pointers, with or without references; other values are left out."""
    found = {}
    for name in names:
        try:
            text: Any = content
            for step in pointer_path(content, name):
                text = text[step]
        except (LookupError, TypeError, ValueError):
            continue
        if isinstance(text, str):
            found[name] = utf8(text)
    return found


def replace_values(content: KubernetesObject, resolved: Mapping[str, bytes]) -> KubernetesObject:
    """Return `content` with the values in `resolved`, by existing pointers; raise NotResolved if a value is not text."""
    new: Any = content.copy()
    copied: dict[FieldPath, Any] = {(): new}
    for name, value in resolved.items():
        path = pointer_path(content, name)
        for end in range(1, len(path)):
            if path[:end] not in copied:
                parent = copied[path[: end - 1]]
                parent[path[end - 1]] = copied[path[:end]] = parent[path[end - 1]].copy()
        copied[path[:-1]][path[-1]] = as_text(name, value, _INSTEAD)
    replaced: KubernetesObject = new
    return replaced


def pointer_path(content: object, pointer: str) -> FieldPath:
    """Return the path of a JSON Pointer into `content`; an index of a list is a number."""
    path: list[str | int] = []
    for token in pointer.split("/")[1:]:
        step: str | int = token.replace("~1", "/").replace("~0", "~")
        if isinstance(content, list):
            step = int(step)
            content = content[step]
        elif isinstance(content, dict):
            content = content[step]
        path.append(step)
    return tuple(path)


def _texts(content: KubernetesObject, mark: str) -> Iterator[tuple[FieldPath, str]]:
    """Yield the path and text of values with `mark` in them; not recursive, as authors choose the depth."""
    values: Steps = ((key, value) for key, value in content.items() if key not in _NOT_VALUES)
    levels: list[tuple[FieldStep, Steps]] = [("", values)]
    while levels:
        step, value = next(levels[-1][1], (None, None))
        if step is None:
            levels.pop()
        elif isinstance(value, dict):
            levels.append((step, iter(value.items())))
        elif isinstance(value, list):
            levels.append((step, iter(enumerate(value))))
        elif isinstance(value, str) and mark in value:
            yield (*(above for above, _ in levels[1:]), step), value


def _pointer(path: FieldPath) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
