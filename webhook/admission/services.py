"""What the outside world is reached by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vaultenv.references.parts import Value
from vaultkube.deadline import Deadline
from vaultkube.vault.resolver import Identity
from webhook.admission.gather import Cluster, Registry
from webhook.config.annotations import Config


class Vault(Protocol):
    """Resolves values: `vaultkube.vault.resolver.Vault`."""

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
