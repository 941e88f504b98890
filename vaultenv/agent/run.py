"""The agent as a process: `--agent-init` ends with the first set of files, `--agent` stays."""

from __future__ import annotations

import time

from vaultenv.agent.status import required
from vaultenv.basics.deadline import Deadline
from vaultenv.basics.system import posix
from vaultenv.client.open import open_vault
from vaultenv.process.interpreter import complete, hold_signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaultenv.agent.agent import Agent
    from vaultenv.agent.parts import Parts
    from vaultenv.basics.log import Log
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


def run(environ: Mapping[bytes, bytes], settings: Settings, log: Log, stays: bool) -> int:
    """Write all files, and update them if the agent `stays`; return the exit status. Raises VaultEnvError.

    An agent that ends after a first round without a wait needs neither signals nor threads, whose preparation takes as long
    as that round.
    """
    agent_settings = required(settings)
    waits = stays or any(file.command for file in agent_settings.files)
    hold_signals()  # otherwise the kernel drops those for process 1
    logs_in = not (waits or settings.token or settings.token_file)
    deadline = Deadline(settings.client_timeout_s)
    vault = open_vault(settings, deadline, log, is_patient=False, at_once=logs_in)
    from vaultenv.agent.agent import Agent
    from vaultenv.agent.parts import Parts
    from vaultenv.agent.writing import Writer

    parts = Parts(agent_settings, settings, vault, log, SystemClock(), Writer(), environ)
    if waits:
        return _wait(parts, None, stays)
    agent = Agent(parts, _no_command)
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
