"""What the outside world is reached by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vaultenv.parts import Value
from webhook.annotations import Config
from webhook.deadline import Deadline
from webhook.gather import Cluster, Registry
from webhook.vault import Identity


class Vault(Protocol):
    """Resolves values: `webhook.vault.Vault`."""

    def resolve(
        self,
        values: Mapping[str, Value],
        config: Config,
        identity: Identity,
        ca: bytes,
        deadline: Deadline,
        dry_run: bool,
    ) -> dict[str, bytes | None]: ...


@dataclass(frozen=True)
class Services:
    """The clients of one process, and what it must know of its own place."""

    cluster: Cluster
    registry: Registry
    vault: Vault
    own_namespace: str
    default_pull_secrets: Sequence[tuple[str, str]] = ()
    """Namespace and name of what is tried after a pod's own pull secrets."""
