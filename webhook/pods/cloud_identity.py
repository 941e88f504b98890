"""The identity that a cloud gives a pod, for the login of an agent.

A cloud's webhook adds its variables and token volumes to containers.

IRSA: https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html EKS Pod Identity:
https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
"""

from collections.abc import Iterator

from vaultkube.wire.containers import Container, EnvVar, VolumeMount
from vaultkube.wire.pods import PodSpec
from webhook.config.annotations import Config
from webhook.pods.facts import find_containers

_AWS = "aws"
_VARIABLES = frozenset(
    [
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_STS_REGIONAL_ENDPOINTS",
    ]
)
TOKENS = "eks.amazonaws.com"
"""Part of the paths at which both kinds of identity mount their token."""


def identity_variables(config: Config, pod_spec: PodSpec) -> list[EnvVar]:
    """Return the variables of an AWS identity, each from the first container that has it; none for other logins."""
    found: dict[str, EnvVar] = {}
    for container in _containers(config, pod_spec):
        for entry in container.get("env") or ():
            if entry.get("name") in _VARIABLES:
                found.setdefault(entry["name"], entry)
    return list(found.values())


def identity_mounts(config: Config, pod_spec: PodSpec) -> list[VolumeMount]:
    """Return the read-only mounts of the tokens of an AWS identity, each path once; none for other logins."""
    found: dict[str, VolumeMount] = {}
    for container in _containers(config, pod_spec):
        for mount in container.get("volumeMounts") or ():
            if TOKENS in mount.get("mountPath", ""):
                found.setdefault(mount["mountPath"], {**mount, "readOnly": True})
    return list(found.values())


def _containers(config: Config, pod_spec: PodSpec) -> Iterator[Container]:
    if config.auth_method.partition("-")[0] == _AWS:
        yield from (container for _, container in find_containers(pod_spec))
