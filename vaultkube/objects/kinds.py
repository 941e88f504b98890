"""The kinds of objects whose values may be references, by the resource in their review."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from vaultkube.objects import configmap, custom, secret
from vaultkube.wire.objects import KubernetesObject

Values = dict[str, bytes]


@dataclass(frozen=True)
class ObjectKind:
    """Functions for one kind of object: find all values, find some as Vault holds them, and replace values."""

    find_values: Callable[[KubernetesObject], Values]
    values_at: Callable[[KubernetesObject, Collection[str]], Values]
    replace_values: Callable[[KubernetesObject, Mapping[str, bytes]], KubernetesObject]
    is_secret: bool


OBJECT_KINDS = {
    "secrets": ObjectKind(secret.find_values, secret.values_at, secret.replace_values, is_secret=True),
    "configmaps": ObjectKind(
        configmap.find_values, configmap.values_at, configmap.replace_values, is_secret=False
    ),
    "objects": ObjectKind(custom.find_values, custom.values_at, custom.replace_values, is_secret=True),
}
