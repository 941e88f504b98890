"""`vault-webhook COMMAND`: the webhook, and the commands that its operators and users run by hand."""

import argparse
import errno
import importlib
import os
import signal
import sys
from typing import NoReturn

from vaultenv import __version__
from vaultkube.errors import InvalidSetting, WebhookError
from vaultkube.printable import printable
from webhook.commands.table import COMMANDS, Command

_SIGNALLED = 128
"""A shell's exit status for a program that a signal has ended: this number plus the signal's."""


def main() -> int:
    """Run the command that the first argument names, with the other arguments; return its exit status."""
    if sys.stdout is None:  # closed by the shell's `>&-`
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    command = _command(sys.argv[1:2])
    try:
        status = int(importlib.import_module(command.module).run(sys.argv[2:]))
        sys.stdout.flush()
        return status
    except (InvalidSetting, WebhookError) as error:
        print(f"vault-webhook {command.name}: {printable(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _SIGNALLED + signal.SIGINT
    except OSError as error:
        return _unwritten(command, error)


def _unwritten(command: Command, error: OSError) -> int:
    """Return the exit status for output that cannot be written; raise any other error.

    The reader of a pipe may have gone, as in `| head`, or the disk may be full.
    """
    if error.errno not in (errno.EPIPE, errno.ENOSPC):
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # buffered output is written at the exit
    if error.errno == errno.EPIPE:
        return _SIGNALLED + signal.SIGPIPE
    print(f"vault-webhook {command.name}: the output cannot be written: {error.strerror}", file=sys.stderr)
    return 1


def _command(arguments: list[str]) -> Command:
    """Return the command; exit with help, version or an error if the arguments name none."""
    parser = _Parser(
        prog="vault-webhook",
        usage="vault-webhook COMMAND [ARGUMENT...]",
        epilog="`vault-webhook COMMAND --help` says more.",
    )
    parser.add_argument("--version", action="version", version=f"vault-webhook {__version__}")
    rows = parser.add_subparsers(title="commands", metavar="COMMAND [ARGUMENT...]", required=True)
    for command in COMMANDS:
        rows.add_parser(command.name, help=command.help, add_help=False).set_defaults(command=command)
    for name in arguments:
        if not name.startswith("-") and name not in rows.choices:
            parser.error(f"there is no command {name!r}")
    chosen: Command = parser.parse_args(arguments).command
    return chosen


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Exit with the list of commands, and the message below it."""
        self.print_help(sys.stderr)
        self.exit(2, f"\nvault-webhook: error: {message}\n")


if __name__ == "__main__":
    sys.exit(main())
