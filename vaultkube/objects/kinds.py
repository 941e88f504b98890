"""The kinds of objects whose values may be references, by the resource that they are reviewed as."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from vaultkube.objects import configmap, custom, secret
from vaultkube.wire.objects import KubernetesObject

Values = dict[str, bytes]


@dataclass(frozen=True)
class ObjectKind:
    """Functions of one kind of object: all values that may be references, those of some names as Vault holds them, and the object with others."""

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
