"""Containers: their command line, variables, mounts, probes, resources and rights.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container
"""

from typing import TypedDict


class ConfigMapKeySelector(TypedDict, total=False):
    """A key of a ConfigMap; `optional`: the variable may be left out."""

    name: str
    key: str
    optional: bool


class SecretKeySelector(TypedDict, total=False):
    """A key of a Secret."""

    name: str
    key: str
    optional: bool


class FileKeySelector(TypedDict, total=False):
    """A key of an env file in a volume of the pod."""

    volumeName: str
    path: str
    key: str
    optional: bool


class ObjectFieldSelector(TypedDict, total=False):
    """A field of the pod itself."""

    fieldPath: str


class EnvVarSource(TypedDict, total=False):
    """The source of a variable's value: exactly one of these."""

    configMapKeyRef: ConfigMapKeySelector
    secretKeyRef: SecretKeySelector
    fileKeyRef: FileKeySelector
    fieldRef: ObjectFieldSelector


class EnvVar(TypedDict, total=False):
    """A variable, with its `value` or the source of it."""

    name: str
    value: str
    valueFrom: EnvVarSource


class ConfigMapEnvSource(TypedDict, total=False):
    """A ConfigMap of which each key becomes a variable."""

    name: str
    optional: bool


class SecretEnvSource(TypedDict, total=False):
    """A Secret of which each key becomes a variable."""

    name: str
    optional: bool


class EnvFromSource(TypedDict, total=False):
    """A source of variables whose names begin with `prefix`."""

    prefix: str
    configMapRef: ConfigMapEnvSource
    secretRef: SecretEnvSource


class VolumeMount(TypedDict, total=False):
    """A volume of the pod, by its `name`, in the file system of the container."""

    name: str
    mountPath: str
    readOnly: bool
    subPath: str


class ExecAction(TypedDict, total=False):
    """A command that is run in the container, without a shell."""

    command: list[str]


class Probe(TypedDict, total=False):
    """A check of the container that the kubelet repeats."""

    exec: ExecAction
    failureThreshold: int
    periodSeconds: int
    timeoutSeconds: int


class SleepAction(TypedDict, total=False):
    """A pause before the container is stopped."""

    seconds: int


class LifecycleHandler(TypedDict, total=False):
    """An action at the start or the end of the container."""

    exec: ExecAction
    sleep: SleepAction


class Lifecycle(TypedDict, total=False):
    """The hooks of the container."""

    postStart: LifecycleHandler
    preStop: LifecycleHandler


class ResourceRequirements(TypedDict, total=False):
    """Quantities by resource: `{"cpu": "100m", "memory": "64Mi"}`."""

    limits: dict[str, str]
    requests: dict[str, str]


class Capabilities(TypedDict, total=False):
    """POSIX capabilities added to the runtime's default, or dropped from it."""

    add: list[str]
    drop: list[str]


class SeccompProfile(TypedDict, total=False):
    """The filter of system calls."""

    type: str


class WindowsSecurityContextOptions(TypedDict, total=False):
    """The part of a security context for Windows."""

    hostProcess: bool


class SecurityContext(TypedDict, total=False):
    """User and rights of the container."""

    allowPrivilegeEscalation: bool
    capabilities: Capabilities
    readOnlyRootFilesystem: bool
    runAsGroup: int
    runAsNonRoot: bool
    runAsUser: int
    seccompProfile: SeccompProfile
    windowsOptions: WindowsSecurityContextOptions


class Container(TypedDict, total=False):
    """A container; an EphemeralContainer has the same fields here."""

    name: str
    image: str
    imagePullPolicy: str
    command: list[str]
    args: list[str]
    env: list[EnvVar]
    envFrom: list[EnvFromSource]
    volumeMounts: list[VolumeMount]
    livenessProbe: Probe
    readinessProbe: Probe
    startupProbe: Probe
    lifecycle: Lifecycle
    resources: ResourceRequirements
    restartPolicy: str
    securityContext: SecurityContext
