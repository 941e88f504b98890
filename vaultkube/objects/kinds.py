"""The kinds of objects whose values may be references, by the resource that they are reviewed as."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vaultkube.objects import configmap, custom, secret
from vaultkube.wire.objects import KubernetesObject


@dataclass(frozen=True)
class ObjectKind:
    """Functions that find and replace the values of one kind of object."""

    find_values: Callable[[KubernetesObject], dict[str, bytes]]
    replace_values: Callable[[KubernetesObject, Mapping[str, bytes]], KubernetesObject]
    is_secret: bool


OBJECT_KINDS = {
    "secrets": ObjectKind(secret.find_values, secret.replace_values, is_secret=True),
    "configmaps": ObjectKind(configmap.find_values, configmap.replace_values, is_secret=False),
    "objects": ObjectKind(custom.find_values, custom.replace_values, is_secret=True),
}
