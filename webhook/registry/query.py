"""What is asked about an image, and what is known of it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class PullSecret:
    """A pull secret of a namespace: its type and the content of `.dockerconfigjson` or `.dockercfg`."""

    namespace: str
    name: str
    type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class ImageQuery:
    """An image of a pod, with the pod's pull secrets in their order."""

    image: str
    pull_secrets: tuple[PullSecret, ...] = ()
    pull_policy: str = ""
    architectures: tuple[str, ...] = ()
    skip_verify: bool = False


@dataclass(frozen=True)
class ImageConfig:
    """What an image runs; `digest` is that of the manifest that was read."""

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    digest: str
    os: str = "linux"
    warnings: tuple[str, ...] = ()
