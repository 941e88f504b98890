"""Metadata of objects, and references from one object to another.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
"""

from typing import TypedDict


class OwnerReference(TypedDict, total=False):
    """The object that an object belongs to; `controller` marks the one that manages it."""

    apiVersion: str
    kind: str
    name: str
    uid: str
    controller: bool


class ObjectMeta(TypedDict, total=False):
    """Metadata of an object; before the API server has generated a name, it may have only `generateName`."""

    name: str
    generateName: str
    namespace: str
    resourceVersion: str
    labels: dict[str, str]
    annotations: dict[str, str]
    deletionTimestamp: str
    ownerReferences: list[OwnerReference]


class LocalObjectReference(TypedDict, total=False):
    """An object in the same namespace."""

    name: str


class ObjectReference(TypedDict, total=False):
    """Any object, with its kind."""

    apiVersion: str
    kind: str
    namespace: str
    name: str
    uid: str
