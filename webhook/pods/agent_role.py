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
    def hands_over(self) -> bool:
        """Return whether the container beside the program may reuse the login and the leases of the init container.

        HashiCorp's agent does the same. With a ConfigMap, its `cache` stanza decides; the volume for it exists in any
        case.
        """
        return self.mode.agent.cache_enable and {Role.INIT, Role.SIDECAR} <= set(self.roles)
