"""The agent as a process: `--agent-init` ends with the first set of files, `--agent` stays."""

from __future__ import annotations

import time

from vaultenv.agent.agent import Agent
from vaultenv.agent.status import required
from vaultenv.agent.writing import Writer
from vaultenv.basics.deadline import Deadline
from vaultenv.basics.system import posix
from vaultenv.client.open import open_vault
from vaultenv.process.interpreter import complete, hold_signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaultenv.agent.agent import RunCommand
    from vaultenv.agent_settings import AgentSettings
    from vaultenv.basics.log import Log
    from vaultenv.client.api import Vault
    from vaultenv.settings import Settings

_BYTE = 256


class SystemClock:
    """The clocks of this machine."""

    monotonic = staticmethod(time.monotonic)
    date = staticmethod(time.time)

    @staticmethod
    def chance() -> float:
        """Return a random number from 0 up to 1."""
        return posix.urandom(1)[0] / _BYTE


class Parts:
    """The parts of a run of the agent, besides the agent itself."""

    __slots__ = ("environ", "log", "settings", "vault")

    def __init__(self, environ: Mapping[bytes, bytes], settings: Settings, log: Log) -> None:
        """Make the client; raise InvalidSetting."""
        self.environ = environ
        self.settings = settings
        self.log = log
        self.vault: Vault = open_vault(settings, Deadline(settings.client_timeout_s), log, is_patient=False)

    @property
    def agent_settings(self) -> AgentSettings:
        """The settings of VAULT_ENV_AGENT."""
        return required(self.settings)

    def agent(self, run_command: RunCommand) -> Agent:
        """Return the agent; raise NotResolved for templates that cannot be parsed."""
        return Agent(
            self.agent_settings, self.vault, self.settings, self.log, SystemClock(), Writer(), run_command
        )


def run(environ: Mapping[bytes, bytes], settings: Settings, log: Log, stays: bool) -> int:
    """Write all files, and keep them fresh if the agent `stays`; return the exit status. Raises VaultEnvError.

    An agent that ends with a first round in which nothing has to be waited for needs neither signals nor threads, whose
    preparation takes as long as that round.
    """
    required(settings)
    parts = Parts(environ, settings, log)
    if stays or any(file.command for file in parts.agent_settings.files):
        return _wait(parts, None, stays)
    agent = parts.agent(_no_command)
    hold_signals()  # else the kernel drops what is sent to process 1 meanwhile
    agent.round()
    return 0 if agent.is_complete else _wait(parts, agent, stays)


def _wait(parts: Parts, agent: Agent | None, stays: bool) -> int:
    import gc

    complete()
    gc.enable()
    from vaultenv.agent.staying import stay

    return stay(parts, agent, stays)


def _no_command(_command: str) -> str:
    return ""
