"""Collections of objects with kept references, such as `databases.v1.example.com`."""

from typing import NamedTuple

from vaultkube.apiserver.resources import Resource
from vaultkube.objects.kinds import OBJECT_KINDS, ObjectKind

_CORE = {"secrets": "Secret", "configmaps": "ConfigMap"}
_PARTS = 3


class RefreshedCollection(NamedTuple):
    """The objects of one kind in all namespaces; `name` is their resource with its group."""

    name: str
    resource: Resource
    kind: ObjectKind
    api_kind: str
    """The kind's name; "" for custom objects, whose documents have it."""


def refreshed_collection(text: str) -> RefreshedCollection:
    """Return the collection that a setting names; raise ValueError for a text that names none."""
    if text in _CORE:
        return RefreshedCollection(text, Resource("", "v1", text), OBJECT_KINDS[text], _CORE[text])
    parts = text.split(".", 2)
    if len(parts) < _PARTS or not all(parts):
        raise ValueError(text)
    plural, version, group = parts
    return RefreshedCollection(
        f"{plural}.{group}", Resource(group, version, plural), OBJECT_KINDS["objects"], ""
    )
