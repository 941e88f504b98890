"""The webhook's query for an image, and the answer to it."""

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
    """An image and the credentials for reading it; `namespace` is the pod's, for a fair share of the threads.

    `pull_secrets` are those of the pod, in its order; `default_secrets` are the operator's, tried after them.
    `missing_secrets` names those that do not exist, or whose type is not one for registries.
    `architectures` (`arm64`, …) are those that the pod pins itself to; if empty, the cluster's platforms decide.
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
    """The image's config, byte for byte: the caller doubles every `$` that it copies into a pod.

    `digest` is that of the manifest or index behind the image's name: `IMAGE@digest` pins it. `os` is `linux` or
    `windows`. Empty tuples mean unset.
    """

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    digest: str
    os: str = "linux"
    warnings: tuple[str, ...] = ()
