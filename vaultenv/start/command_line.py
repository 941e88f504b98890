"""The launcher's own command line: `vault-env [option] PROGRAM [ARGUMENT…]`."""

from __future__ import annotations

from vaultenv.basics.record import Record
from vaultenv.basics.text import shown
from vaultenv.errors import InvalidUsage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = """\
usage: vault-env PROGRAM [ARGUMENT...]
       vault-env --check | --install DEST | --version | --help
       vault-env --agent-init | --agent | --agent-status ready|live

Starts PROGRAM with the Vault references in its environment replaced by secrets.
The first word without dashes is always the program; everything after it belongs to the program.

  --check         resolve everything, print names, sources and versions, never values
  --install DEST  copy this executable to DEST, mode 0555
  --agent-init    write the files of VAULT_ENV_AGENT, and end
  --agent         write them, stay, and keep them fresh
  --agent-status QUESTION
                  ask the running agent whether it is ready or live: exit status 0 or 1
  --version       print the version
  --help          print this text
"""
RUN, CHECK, INSTALL, VERSION, USAGE = "run", "check", "install", "version", "help"
AGENT_INIT, AGENT, AGENT_STATUS = "agent-init", "agent", "agent-status"

_ALONE = {
    b"--check": CHECK,
    b"--version": VERSION,
    b"--help": USAGE,
    b"--agent-init": AGENT_INIT,
    b"--agent": AGENT,
}
_WITH_ARGUMENT = {b"--install": INSTALL, b"--agent-status": AGENT_STATUS}


class Command(Record):
    """The action, and its words: the program with its arguments, or the option's argument."""

    __slots__ = ("action", "words")

    def __init__(self, action: str, words: tuple[bytes, ...] = ()) -> None:
        self.action = action
        self.words = words


def parse_command_line(words: Sequence[bytes]) -> Command:
    """Return the command in the words after the launcher's own name; raise InvalidUsage."""
    first = words[0] if words else b""
    if not words:
        raise InvalidUsage("no command is given: vault-env PROGRAM [ARGUMENT...]")
    if not first.startswith(b"-"):
        return Command(RUN, tuple(words))
    if first == b"--" and len(words) > 1:
        return Command(RUN, tuple(words[1:]))
    if first in _WITH_ARGUMENT and len(words) == 2:
        return Command(_WITH_ARGUMENT[first], (words[1],))
    if first in _ALONE and len(words) == 1:
        return Command(_ALONE[first])
    raise InvalidUsage(f"unknown option {shown(first)}, or its argument is missing: see --help")
