"""The shared parts of one run of the agent."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaultenv.agent.writing import Writer
    from vaultenv.agent_settings import AgentSettings
    from vaultenv.basics.log import Log
    from vaultenv.client.api import Vault
    from vaultenv.renewal.schedule import Clock
    from vaultenv.settings import Settings


class Parts:
    """The agent's settings and the launcher's, the client, the log, clocks, the writer, and the environment of commands."""

    __slots__ = ("agent_settings", "clock", "environ", "log", "settings", "vault", "writer")

    def __init__(
        self,
        agent_settings: AgentSettings,
        settings: Settings,
        vault: Vault,
        log: Log,
        clock: Clock,
        writer: Writer,
        environ: Mapping[bytes, bytes],
    ) -> None:
        self.agent_settings = agent_settings
        self.settings = settings
        self.vault = vault
        self.log = log
        self.clock = clock
        self.writer = writer
        self.environ = environ
