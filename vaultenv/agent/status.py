"""The agent's state in a file of its home folder, which commands of probes read: it needs no port and has no secret.

`ready` is true from the first complete set of files on. It stays true while Vault is down, because an outage must not
remove pods from service that still have their secrets; the line shows since when the files are stale, and why. `live` is
true while the agent returns to its schedule in time.
"""

from __future__ import annotations

import time

from vaultenv.basics.files import read_file
from vaultenv.basics.jsontext import dumps, loads
from vaultenv.basics.log import write_all
from vaultenv.basics.text import bounded
from vaultenv.errors import FileNotWritten, InvalidSetting, InvalidUsage, VaultEnvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaultenv.agent.writing import Writer
    from vaultenv.agent_settings import AgentSettings
    from vaultenv.basics.log import Log
    from vaultenv.settings import Settings

READY, LIVE = "ready", "live"
_FILE = "/.vault-env-status"
_STDOUT = 1
_LIMIT = 1 << 16
_LONGEST_REASON = 400
_LATE_S = 300.0
"""The delay that an agent may have beyond its schedule, for missing answers and for commands."""


class Trouble:
    """A reason why files are not fresh: its beginning (seconds since 1970), its text, and the error behind it."""

    __slots__ = ("error", "since_s", "why")

    def __init__(self, since_s: float, error: VaultEnvError) -> None:
        self.since_s = since_s
        self.error = error
        self.why = bounded(str(error).partition("\n")[0], _LONGEST_REASON)


class Status:
    """Holds the present troubles by their subjects; logs each when it begins, when its reason changes and when it ends."""

    def __init__(self, home: str, writer: Writer, log: Log) -> None:
        self._file = home + _FILE
        self._writer = writer
        self._log = log
        self._before: Mapping[str, Trouble] = {}
        self._write_problem = ""
        self.troubles: dict[str, Trouble] = {}
        self.is_complete = False

    def begin(self) -> None:
        """Begin another round, without any trouble yet."""
        self._before, self.troubles = self.troubles, {}

    def note(self, what: str, error: VaultEnvError, date_s: float) -> None:
        """Record a trouble that began at `date_s`, or earlier if it was recorded in the previous round."""
        known = self.troubles.get(what) or self._before.get(what)
        self.troubles[what] = Trouble(min(known.since_s, date_s) if known else date_s, error)

    def note_again(self, what: str) -> None:
        """Record a trouble again if the previous round had it."""
        if what in self._before:
            self.troubles[what] = self._before[what]

    def end(self) -> None:
        """Log the troubles that began, changed or ended in this round."""
        consequence = "; the files stay as they are" if self.is_complete else ""
        for what, trouble in self.troubles.items():
            known = self._before.get(what)
            if known is None or known.why != trouble.why:
                self._log.warn(f"{what}: {trouble.why}{consequence}")
        for what in self._before:
            if what not in self.troubles:
                self._log.info(f"{what}: well again")

    def write(self, back_by: float) -> None:
        """Write the state; `back_by` is the monotonic time of the next action."""
        first = min(self.troubles.items(), key=lambda pair: pair[1].since_s, default=None)
        state = {
            "complete": self.is_complete,
            "back_by_s": str(int(min(back_by, time.monotonic() + 86_400) + _LATE_S)),
            "since_s": str(int(first[1].since_s)) if first else "",
            "why": bounded(f"{first[0]}: {first[1].why}", _LONGEST_REASON) if first else "",
        }
        try:
            self._writer.write(self._file, dumps(state).encode(), 0o644)
            self._write_problem = ""
        except FileNotWritten as error:
            if str(error) != self._write_problem:
                self._log.warn(f"{error}; probes will fail")
            self._write_problem = str(error)


def required(settings: Settings) -> AgentSettings:
    """Return the agent's settings; raise InvalidSetting without any."""
    if settings.agent is None:
        raise InvalidSetting("VAULT_ENV_AGENT is not set: it names the files that the agent writes")
    return settings.agent


def report(settings: Settings, question: str) -> int:
    """Write one line about the running agent; return 0 if the answer to the question is yes, else 1."""
    if question not in (READY, LIVE):
        raise InvalidUsage(f"--agent-status {bounded(question, 40)}: write {READY} or {LIVE}")
    holds, line = probe(required(settings).home, question, time.monotonic())
    write_all(_STDOUT, f"{line}\n".encode())
    return 0 if holds else 1


def probe(home: str, question: str, now: float) -> tuple[bool, str]:
    """Return whether the agent with this home is `ready` or `live` at the monotonic time `now`, and a line about it."""
    try:
        state = loads(read_file(home + _FILE, _LIMIT))
        is_complete = state["complete"] is True
        back_by, since, why = float(state["back_by_s"]), str(state["since_s"]), str(state["why"])
    except (OSError, ValueError, KeyError, TypeError):
        return False, "the agent has not begun"
    if not is_complete:
        fresh = f"not all files are written yet{f': {why}' if why else ''}"
    else:
        fresh = f"stale since {_date(int(since))}: {why}" if since else "fresh"
    if question == READY:
        return is_complete, fresh
    return (
        now <= back_by,
        fresh if now <= back_by else f"the agent is late by {now - back_by + _LATE_S:.0f} s",
    )


def _date(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
