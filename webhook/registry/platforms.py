"""Platforms, and the choice of an index's entry for one.

https://github.com/opencontainers/image-spec/blob/main/image-index.md and, for variants,
https://github.com/containerd/platforms
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_FORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(?:/v[0-9]{1,2}(?:\.[0-9]{1,2})?)?")
_VARIANT = re.compile(r"v([0-9]{1,2})(?:\..*)?")
_ALIASES: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64", "armhf": "arm", "i386": "386"}
_DEFAULT_VARIANT: Mapping[str, str] = {"amd64": "v1", "arm": "v7", "arm64": "v8"}


@dataclass(frozen=True, slots=True)
class Platform:
    """An operating system, an architecture and its variant (`linux`, `arm`, `v7`)."""

    os: str = "linux"
    architecture: str = "amd64"
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    def normalised(self) -> "Platform":
        """Return the same platform with the canonical names of architecture and variant, the usual variant if unset."""
        architecture = _ALIASES.get(self.architecture, self.architecture)
        variant = f"v{self.variant}" if self.variant.isdigit() else self.variant
        variant = variant or _DEFAULT_VARIANT.get(architecture, "")
        return Platform(self.os, architecture, "v7" if self.architecture == "armhf" else variant)


DEFAULT_PLATFORM = Platform("linux", "amd64")
"""The platform of an index entry that names none."""
DEFAULT_PLATFORMS = (Platform("linux", "amd64"), Platform("linux", "arm64"))


def parse_platform(text: str) -> Platform:
    """Return the platform `OS/ARCHITECTURE[/VARIANT]`; raise ValueError."""
    if not _FORM.fullmatch(text):
        raise ValueError("a platform is OS/ARCHITECTURE[/VARIANT], for example linux/arm64")
    return Platform(*text.split("/"))


def node_platform(labels: Mapping[str, str]) -> Platform | None:
    """Return the platform of a node from its well-known labels; None if they are missing."""
    os, architecture = labels.get("kubernetes.io/os"), labels.get("kubernetes.io/arch")
    return Platform(os, architecture) if os and architecture else None


def platforms_to_read(cluster: Sequence[Platform], architectures: Sequence[str]) -> tuple[Platform, ...]:
    """Return the platforms for which the image is read: the cluster's, limited to the architectures that the pod pins.

    Only Linux platforms are among them: there is no launcher for other systems.
    """
    nodes = tuple(platform for platform in cluster if platform.os == "linux")
    if not architectures:
        return nodes or DEFAULT_PLATFORMS
    pinned = tuple(platform for platform in nodes if platform.architecture in architectures)
    return pinned or tuple(Platform("linux", architecture) for architecture in architectures)


def best_match(platform: Platform, offered: Sequence[Platform]) -> int | None:
    """Return the position of the first entry that a node of this platform prefers; None if it runs none."""
    ranks = [
        (rank, position) for position, entry in enumerate(offered) if (rank := _rank(platform, entry)) >= 0
    ]
    return min(ranks)[1] if ranks else None


def _rank(platform: Platform, offered: Platform) -> int:
    """Return 0 for the same variant, more for an older one that still runs, -1 for one that does not run."""
    requested, candidate = platform.normalised(), offered.normalised()
    if (requested.os, requested.architecture) != (candidate.os, candidate.architecture):
        return -1
    if requested.variant == candidate.variant:
        return 0
    newest, other = _variant_number(requested), _variant_number(candidate)
    return newest - other if 0 <= other < newest else -1


def _variant_number(platform: Platform) -> int:
    """Return the number that orders the variants of an architecture; -1 if the variant has none."""
    lowest = {"arm": 5, "arm64": 8, "amd64": 1}.get(platform.architecture, -1)
    found = _VARIANT.fullmatch(platform.variant)
    return int(found[1]) if found and lowest <= int(found[1]) else -1
