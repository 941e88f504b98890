"""`vault-webhook COMMAND`: the webhook, and the commands that its operators and users run by hand."""

import argparse
import importlib
import sys
from typing import NamedTuple, NoReturn

from vaultenv import __version__
from vaultkube.errors import InvalidSetting, WebhookError
from vaultkube.printable import printable


class Command(NamedTuple):
    """A command: `run(arguments)` of its module, which is loaded when the command is run, returns the exit status."""

    name: str
    module: str
    help: str


COMMANDS = (
    Command("serve", "webhook.commands.serve", "serve admission requests"),
    Command("mutate", "webhook.commands.mutate", "show manifests as the cluster would run them"),
    Command("check", "webhook.commands.check", "find problems in manifests, for people and for CI"),
    Command("where", "webhook.commands.where", "find what reads a path of Vault"),
    Command("render", "webhook.commands.render", "show what templates write, with secrets of files"),
    Command(
        "certificate", "webhook.commands.certificate", "make the serving certificate and its configuration"
    ),
    Command("doctor", "webhook.commands.doctor", "find what is wrong with an installation"),
    Command("image", "webhook.commands.image", "show what an image runs, as read from its registry"),
    Command("csi-provider", "vaultcsi.command", "serve the Secrets Store CSI driver of a node"),
    Command("sync", "vaultsync.command", "keep Secrets in step with Vault by custom resources"),
    Command("provision", "webhook.commands.provision", "make role, policy and path of namespaces in Vault"),
)


def main() -> int:
    """Run the command that the first argument names, with the others; return its exit status."""
    command = _command(sys.argv[1:2])
    try:
        return int(importlib.import_module(command.module).run(sys.argv[2:]))
    except (InvalidSetting, WebhookError) as error:
        print(f"vault-webhook {command.name}: {printable(str(error))}", file=sys.stderr)
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
