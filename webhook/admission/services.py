"""Clients for the API server, registries and Vault, grouped for one process."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from vaultkube.apiserver.access import Right
from vaultkube.concurrency import Gate
from vaultkube.deadline import Deadline
from vaultkube.vault.login import Resolution
from vaultkube.wire.objects import KubernetesObject
from vaultkube.wire.reviews import UserInfo
from webhook.pods.cluster_nodes import ClusterNodes
from webhook.registry.query import ImageConfig, ImageQuery


class Cluster(Protocol):
    """The Kubernetes API: `vaultkube.apiserver.client.Cluster`."""

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> KubernetesObject | None: ...

    def is_allowed(self, user_info: UserInfo, right: Right, deadline: Deadline) -> bool: ...

    def ready(self, deadline: Deadline) -> bool: ...


class Registry(Protocol):
    """Image registries: `webhook.registry.client.RegistryClient`."""

    def fetch(self, query: ImageQuery, deadline: Deadline) -> ImageConfig: ...


class Vault(Protocol):
    """Resolves values: `vaultkube.vault.resolver.Vault`."""

    def resolve(self, resolution: Resolution, deadline: Deadline) -> dict[str, bytes | None]: ...


class Nodes(Protocol):
    """The nodes of the cluster: `webhook.admission.node_cache.NodeCache`."""

    def known(self) -> ClusterNodes: ...


class UnknownNodes:
    """Replaces the nodes of a cluster where there is none."""

    def known(self) -> ClusterNodes:
        """Return an empty summary of nodes."""
        return ClusterNodes()


def not_traced(_subject: str) -> AbstractContextManager[object]:
    """Return a context manager that records no span of a trace."""
    return nullcontext()


_MOST_RESOLVED = 4
_MOST_LONG = 2


@dataclass(frozen=True)
class Services:
    """Holds the clients of one process, and the namespace that it runs in."""

    cluster: Cluster
    registry: Registry
    vault: Vault
    own_namespace: str
    default_pull_secrets: Sequence[tuple[str, str]] = ()
    """Namespace and name of each Secret that is tried after a pod's own pull secrets."""
    nodes: Nodes = field(default_factory=UnknownNodes)
    resolving: Gate = field(default_factory=lambda: Gate(_MOST_RESOLVED))
    """Bounds the objects that are resolved at the same time: each needs memory and a processor."""
    long_work: Gate = field(default_factory=lambda: Gate(_MOST_LONG))
    """Bounds the decisions at the same time that take more than a moment of computing.

    Python runs one thread at a time, so each of them delays all short requests.
    """
    waiting: Callable[[str], AbstractContextManager[object]] = not_traced
    """Called with the name of a need; returns a context manager for the time of the wait, the span of a trace."""
