"""Pods: their containers, volumes, rights, and the nodes that they may run on.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from typing import Literal, TypedDict

from vaultkube.wire.containers import Container, ResourceRequirements, WindowsSecurityContextOptions
from vaultkube.wire.meta import LocalObjectReference, ObjectMeta

ACCOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
"""The folder in which a container finds the token of its ServiceAccount."""
ContainerList = Literal["containers", "ephemeralContainers", "initContainers"]
"""The fields of a PodSpec that hold containers."""


class EmptyDirVolumeSource(TypedDict, total=False):
    """A directory that lives as long as the pod."""

    medium: str
    sizeLimit: str


class ImageVolumeSource(TypedDict, total=False):
    """The files of an image, read-only."""

    reference: str
    pullPolicy: str


class KeyToPath(TypedDict, total=False):
    """A key as a file of a volume."""

    key: str
    path: str


class ConfigMapVolumeSource(TypedDict, total=False):
    """A ConfigMap whose keys are files."""

    name: str
    items: list[KeyToPath]
    defaultMode: int


class SecretVolumeSource(TypedDict, total=False):
    """A Secret whose keys are files."""

    secretName: str
    items: list[KeyToPath]
    optional: bool


class ServiceAccountTokenProjection(TypedDict, total=False):
    """A token of the pod's ServiceAccount, which the kubelet renews."""

    audience: str
    expirationSeconds: int
    path: str


class VolumeProjection(TypedDict, total=False):
    """One of the sources of a projected volume."""

    serviceAccountToken: ServiceAccountTokenProjection


class ProjectedVolumeSource(TypedDict, total=False):
    """Several sources in one directory."""

    sources: list[VolumeProjection]


class Volume(TypedDict, total=False):
    """A volume of a pod: a name and one source."""

    name: str
    configMap: ConfigMapVolumeSource
    emptyDir: EmptyDirVolumeSource
    image: ImageVolumeSource
    projected: ProjectedVolumeSource
    secret: SecretVolumeSource


class NodeSelectorRequirement(TypedDict, total=False):
    """A condition on a label or a field of a node."""

    key: str
    operator: str
    values: list[str]


class NodeSelectorTerm(TypedDict, total=False):
    """Conditions, on labels and on fields, of which a node must meet all."""

    matchExpressions: list[NodeSelectorRequirement]
    matchFields: list[NodeSelectorRequirement]


class NodeSelector(TypedDict, total=False):
    """Terms of which a node must meet one."""

    nodeSelectorTerms: list[NodeSelectorTerm]


class NodeAffinity(TypedDict, total=False):
    """The nodes that a pod can run on."""

    requiredDuringSchedulingIgnoredDuringExecution: NodeSelector


class Affinity(TypedDict, total=False):
    """The scheduling rules of a pod."""

    nodeAffinity: NodeAffinity


class PodOS(TypedDict, total=False):
    """The operating system of a pod: `linux` or `windows`."""

    name: str


class PodSecurityContext(TypedDict, total=False):
    """User and rights of all containers without settings of their own."""

    runAsGroup: int
    runAsUser: int
    windowsOptions: WindowsSecurityContextOptions


class PodSpec(TypedDict, total=False):
    """The desired state of a pod."""

    initContainers: list[Container]
    containers: list[Container]
    ephemeralContainers: list[Container]
    volumes: list[Volume]
    serviceAccount: str
    serviceAccountName: str
    automountServiceAccountToken: bool
    imagePullSecrets: list[LocalObjectReference]
    affinity: Affinity
    hostUsers: bool
    nodeName: str
    nodeSelector: dict[str, str]
    os: PodOS
    resources: ResourceRequirements
    restartPolicy: str
    runtimeClassName: str
    securityContext: PodSecurityContext
    shareProcessNamespace: bool


class Pod(TypedDict, total=False):
    """A pod."""

    apiVersion: str
    kind: str
    metadata: ObjectMeta
    spec: PodSpec
