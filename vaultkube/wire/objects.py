"""Objects other than pods that servers read or create: Secrets, ConfigMaps, ServiceAccounts and Events.

https://kubernetes.io/docs/reference/kubernetes-api/
"""

from typing import TypedDict

from vaultkube.wire.meta import LocalObjectReference, ObjectMeta, ObjectReference
from vaultkube.wire.pods import Pod


class Secret(TypedDict, total=False):
    """A Secret: `data` is base64; `stringData` is text, which the API server accepts and never returns."""

    apiVersion: str
    kind: str
    metadata: ObjectMeta
    type: str
    data: dict[str, str]
    stringData: dict[str, str]
    immutable: bool


class ConfigMap(TypedDict, total=False):
    """A ConfigMap: `data` is text, `binaryData` base64."""

    apiVersion: str
    kind: str
    metadata: ObjectMeta
    data: dict[str, str]
    binaryData: dict[str, str]
    immutable: bool


class ServiceAccount(TypedDict, total=False):
    """A ServiceAccount, with the pull secrets of the pods that run as it."""

    apiVersion: str
    kind: str
    metadata: ObjectMeta
    imagePullSecrets: list[LocalObjectReference]


class KubernetesObject(Pod, Secret, ConfigMap, ServiceAccount, total=False):
    """An object of the requested or reviewed kind; it has only the fields of that kind."""


class Event(TypedDict, total=False):
    """An Event of events.k8s.io/v1."""

    apiVersion: str
    kind: str
    metadata: ObjectMeta
    eventTime: str
    type: str
    reason: str
    action: str
    note: str
    regarding: ObjectReference
    reportingController: str
    reportingInstance: str
