"""What the webhook asks about an image, and what it learns."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PullSecret:
    """A Secret of type `kubernetes.io/dockerconfigjson` or `kubernetes.io/dockercfg`.

    `data` is the decoded content of its key `.dockerconfigjson` or `.dockercfg`.
    """

    namespace: str
    name: str
    type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ImageQuery:
    """Which image, and with whose credentials; `namespace` is the pod's, so that none has all the threads.

    `pull_secrets` are those of the pod, in its order; `default_secrets` are the operator's, tried after them.
    `missing_secrets` are the names of those that it has not, or that are of no type for registries.
    `architectures` (`arm64`, …) are those that the pod pins itself to; none: the cluster's platforms decide.
    """

    image: str
    pull_secrets: tuple[PullSecret, ...] = ()
    pull_policy: str = ""
    architectures: tuple[str, ...] = ()
    skip_verify: bool = False
    default_secrets: tuple[PullSecret, ...] = ()
    namespace: str = ""
    missing_secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What the image's configuration says, byte for byte: the caller doubles every `$` it copies into a pod.

    `digest` is that of the manifest or index that the image's name stands for: `IMAGE@digest` pins it.
    `os` is `linux` or `windows`. Empty tuples stand for unset.
    """

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    digest: str
    os: str = "linux"
    warnings: tuple[str, ...] = ()
