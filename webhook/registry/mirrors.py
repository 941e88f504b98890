"""Mirrors: images of one registry are read from another, as nodes do with containerd's hosts.toml."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from webhook.registry.failures import RegistryFailure
from webhook.registry.reference import DOCKER_HUB, ImageReference, parse_reference


@dataclass(frozen=True, slots=True)
class Mirror:
    """A mirror: images of `source` are read from `host`, under `prefix` if it is set."""

    source: str
    host: str
    prefix: str = ""


def parse_mirror(text: str) -> Mirror:
    """Return the mirror `HOST[:PORT]=HOST[:PORT][/PREFIX]`; raise ValueError."""
    source, equals, target = (part.strip() for part in text.partition("="))
    if not equals or not source or not target:
        raise ValueError("a mirror is HOST=MIRROR[:PORT][/PREFIX]")
    try:
        known = parse_reference(f"{source}/name")
        mirrored = parse_reference(f"{target}/name")
    except RegistryFailure as failure:
        raise ValueError(failure.detail) from None
    if "/" in source or known.host == DOCKER_HUB != source or mirrored.host == DOCKER_HUB:
        raise ValueError("a mirror is HOST=MIRROR[:PORT][/PREFIX]; Docker Hub is docker.io")
    return Mirror(known.host, mirrored.host, mirrored.repository.rpartition("/")[0])


def mirrored(reference: ImageReference, mirrors: Sequence[Mirror]) -> ImageReference:
    """Return the name under which the image is read; pull secrets are matched with it too."""
    for mirror in mirrors:
        if mirror.source == reference.host.lower():
            repository = "/".join(filter(None, (mirror.prefix, reference.repository)))
            return replace(reference, host=mirror.host, repository=repository)
    return reference
