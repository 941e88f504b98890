"""The containers of an agent by what they do, and the agent of one pod."""

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
    """Keeps them fresh, beside the program."""
    NATIVE = "native"
    """Does both, as an init container that stays."""

    @property
    def command(self) -> list[str]:
        """The command of a container with our agent."""
        return [IN_IMAGE, "--agent-init" if self is Role.INIT else "--agent"]


class Agent(NamedTuple):
    """The agent of one pod: its mode, the additions of its login, its containers, and the pod as its author has it."""

    mode: FileMode
    launcher: Launcher
    roles: tuple[Role, ...]
    pod_spec: PodSpec

    @property
    def hands_over(self) -> bool:
        """Whether the container beside the program may take over what the init container has read, as with HashiCorp's.

        With a ConfigMap, its `cache` stanza says whether that happens; the volume for it is there.
        """
        return self.mode.agent.cache_enable and {Role.INIT, Role.SIDECAR} <= set(self.roles)
