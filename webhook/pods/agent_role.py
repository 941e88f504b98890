"""The agent of one pod, and the roles of its containers."""

from enum import Enum
from typing import NamedTuple

from vaultkube.wire.pods import PodSpec
from webhook.config.hashicorp.file_mode import FileMode
from webhook.pods.launcher import IN_IMAGE, Launcher


class Role(Enum):
    """The task of a container of the agent."""

    INIT = "init"
    """Writes the files once, before the program starts."""
    SIDECAR = "sidecar"
    """Renews the files, beside the program."""
    NATIVE = "native"
    """Writes and renews the files, as an init container that runs on."""

    @property
    def command(self) -> list[str]:
        """Return the command of a container with our agent."""
        return [IN_IMAGE, "--agent-init" if self is Role.INIT else "--agent"]


class Agent(NamedTuple):
    """The agent of one pod: its mode, its launcher, the roles of its containers, and the original PodSpec."""

    mode: FileMode
    launcher: Launcher
    roles: tuple[Role, ...]
    pod_spec: PodSpec

    @property
    def has_shared_cache(self) -> bool:
        """Return whether the init container and the one beside the program share a volume for the login and the leases.

        The program may keep what it reads at its start: without the volume, the container beside it would renew other
        credentials than those. HashiCorp's program needs `agent-cache-enable`, and a `cache` stanza in its ConfigMap.
        """
        is_ours = not self.mode.agent.configmap
        return (is_ours or self.mode.agent.cache_enable) and {Role.INIT, Role.SIDECAR} <= set(self.roles)
