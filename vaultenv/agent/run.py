"""The agent as a process: `--agent-init` ends with the first set of files, `--agent` stays.

The main thread does the rounds. Another one takes the signals, all of which are blocked, so that SIGTERM ends the agent at
once, whatever it waits for: files are whole at every moment.
"""

from __future__ import annotations

import time
from _thread import allocate_lock, stack_size, start_new_thread

from vaultenv.agent.agent import Agent
from vaultenv.agent.children import Children
from vaultenv.agent.status import required
from vaultenv.agent.writing import Writer
from vaultenv.basics.deadline import Deadline
from vaultenv.basics.signals import (
    SIG_SETMASK,
    SIGCHLD,
    SIGHUP,
    SIGINT,
    SIGTERM,
    pthread_sigmask,
    sigtimedwait,
)
from vaultenv.basics.system import posix
from vaultenv.client.open import open_vault
from vaultenv.errors import VaultEnvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaultenv.agent_settings import AgentSettings
    from vaultenv.basics.log import Log
    from vaultenv.client.api import Vault
    from vaultenv.settings import Settings

_STACK = 1 << 20
_TAKEN = (SIGCHLD, SIGHUP, SIGINT, SIGTERM)
_LONGEST_WAIT_S = 3600.0
_REVOKE_S = 3.0
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
    """Write all files, and keep them fresh if the agent `stays`; return the exit status. Raises VaultEnvError."""
    agent_settings = required(settings)
    children = Children(environ)
    vault = open_vault(settings, Deadline(settings.client_timeout_s), log, is_patient=False)
    agent = Agent(agent_settings, vault, settings, log, SystemClock(), Writer(), children.run)
    pthread_sigmask(SIG_SETMASK, _TAKEN)
    bell = _Bell()
    signals = _Signals(agent_settings, vault, settings, log, children, bell)
    stack_size(_STACK)
    start_new_thread(signals.take, ())
    while True:
        agent.round()
        if agent.is_complete and not stays:
            return 0
        if bell.wait(min(agent.due_at() - time.monotonic(), _LONGEST_WAIT_S)):
            log.info("SIGHUP: all files are rendered again")
            agent.hurry()


class _Bell:
    """Wakes the thread that waits for it."""

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()

    def ring(self) -> None:
        """Wake the waiting thread, or let its next wait end at once."""
        try:
            self._lock.release()
        except RuntimeError:
            return

    def wait(self, duration_s: float) -> bool:
        """Return after this time, or with True when the bell rings."""
        return self._lock.acquire(timeout=max(0.0, duration_s))


class _Signals:
    """Takes the signals one by one."""

    def __init__(
        self,
        agent: AgentSettings,
        vault: Vault,
        settings: Settings,
        log: Log,
        children: Children,
        bell: _Bell,
    ) -> None:
        self._agent = agent
        self._vault = vault
        self._settings = settings
        self._log = log
        self._children = children
        self._bell = bell

    def take(self) -> None:
        """Reap, ring the bell for SIGHUP, and end the process for SIGTERM and SIGINT; never returns."""
        while True:
            info = sigtimedwait(_TAKEN, _LONGEST_WAIT_S)
            if info is None:
                continue
            if info.si_signo == SIGCHLD:
                self._children.reap()
            elif info.si_signo == SIGHUP:
                self._bell.ring()
            else:
                self._end()

    def _end(self) -> None:
        self._log.info("the agent ends")
        if self._agent.revoke_on_shutdown and self._vault.login_lease:
            self._revoke(self._vault.token)
        self._children.kill()
        posix._exit(0)

    def _revoke(self, token: str) -> None:
        """Revoke the token, and with it what was leased, over a connection of its own."""
        try:
            vault = open_vault(self._settings, Deadline(_REVOKE_S), self._log, is_patient=False)
            vault.use(token)
            vault.call("PUT", "auth/token/revoke-self", "{}")
        except VaultEnvError as error:
            self._log.warn(f"failed to revoke token: {error}")
