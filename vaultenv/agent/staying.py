"""An agent that stays: rounds in the main thread, signals in another thread.

All signals are blocked and received one by one, so that SIGTERM ends the agent at once during any wait: files are
complete at every moment.
"""

from __future__ import annotations

import time
from _thread import stack_size, start_new_thread

from vaultenv.agent.agent import Agent
from vaultenv.agent.bell import Bell
from vaultenv.agent.children import Children
from vaultenv.agent.writing import Writer
from vaultenv.basics.deadline import Deadline
from vaultenv.basics.signals import (
    SIGCHLD,
    SIGHUP,
    SIGINT,
    SIGTERM,
    sigtimedwait,
)
from vaultenv.basics.system import posix
from vaultenv.client.open import open_vault
from vaultenv.errors import VaultEnvError
from vaultenv.process.interpreter import release

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.agent.parts import Parts

_SIGNALS = (SIGCHLD, SIGHUP, SIGINT, SIGTERM)
_STACK = 4 << 20
"""Bytes for each thread: JSON may nest as deeply as the interpreter allows, which takes two MiB. Most of it is never touched."""
_LONGEST_WAIT_S = 3600.0
_REVOKE_S = 3.0
_BY_SIGNAL = 128


def stay(parts: Parts, agent: Agent | None, stays: bool) -> int:
    """Do rounds until the first set of files is complete, or for ever if the agent `stays`; return the exit status.

    The signals are held, and `agent`, if not None, has done its first round already. Raises VaultEnvError.
    """
    children = Children(parts.environ)
    bell = Bell()
    stack_size(_STACK)
    start_new_thread(_Signals(parts, children, bell, stays).take, ())
    if stays and parts.agent_settings.listener:
        from vaultenv.agent.listener import Listener

        Listener(parts, parts.agent_settings.listener, _end).start()
    if agent is None:
        agent = Agent(parts, children.run)
        agent.round()
    release()
    while stays or not agent.is_complete:
        if bell.wait(min(agent.due_at() - time.monotonic(), _LONGEST_WAIT_S)):
            parts.log.info("SIGHUP: all files are rendered again")
            agent.hurry()
        agent.round()
    return 0


def _end() -> None:
    posix.kill(posix.getpid(), SIGTERM)


class _Signals:
    """Receives the signals one by one.

    An agent that does not stay has not written all files when a signal ends it, and must not count as done: the program
    would start without its secrets.
    """

    def __init__(self, parts: Parts, children: Children, bell: Bell, stays: bool) -> None:
        self._parts = parts
        self._children = children
        self._bell = bell
        self._stays = stays

    def take(self) -> None:
        """Reap, ring the bell for SIGHUP, and end the process for SIGTERM and SIGINT; never returns."""
        while True:
            info = sigtimedwait(_SIGNALS, _LONGEST_WAIT_S)
            if info is None:
                continue
            if info.si_signo == SIGCHLD:
                self._children.reap()
            elif info.si_signo == SIGHUP:
                self._bell.ring()
            else:
                self._end(0 if self._stays else _BY_SIGNAL + info.si_signo)

    def _end(self, status: int) -> None:
        self._parts.log.info("the agent ends")
        if self._parts.agent_settings.revoke_on_shutdown and self._parts.vault.login_lease:
            self._revoke(self._parts.vault.token)
            Writer().remove(self._parts.agent_settings.handover)
        self._children.kill()
        posix._exit(status)

    def _revoke(self, token: str) -> None:
        """Revoke the token, and with it its leases, over a connection of its own."""
        parts = self._parts
        try:
            vault = open_vault(parts.settings, Deadline(_REVOKE_S), parts.log, is_patient=False)
            vault.use(token)
            vault.call("PUT", "auth/token/revoke-self", "{}")
        except VaultEnvError as error:
            parts.log.warn(f"failed to revoke token: {error}")
