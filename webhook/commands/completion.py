"""`vault-webhook completion SHELL`: the script with which a shell completes commands, their options and files."""

import argparse
import importlib
import sys
from itertools import chain

from vaultkube.errors import InvalidSetting
from webhook.commands.table import COMMANDS


def run(arguments: list[str]) -> int:
    """Print the script; raise InvalidSetting if shtab, which writes it, is not installed."""
    options = new_parser().parse_args(arguments)
    try:
        import shtab  # an extra: servers need no completion
    except ModuleNotFoundError:
        raise InvalidSetting(
            "shtab is not installed: pip install shtab, or in a clone of the repository: pip install '.[laptop]'"
        ) from None
    whole = whole_parser()
    for action in chain.from_iterable(each._actions for each in _parsers(whole)):
        if "file" in str(action.metavar or action.dest).lower():
            setattr(action, "complete", shtab.FILE)  # noqa: B010  # a name of shtab's, which argparse does not have
    sys.stdout.write(shtab.complete(whole, options.shell))
    return 0


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook completion",
        description="Print the script by which a shell completes the commands of vault-webhook.",
        epilog='Example, in ~/.bashrc: eval "$(vault-webhook completion bash)"',
    )
    parser.add_argument("shell", choices=("bash", "zsh", "fish", "tcsh"))
    return parser


def whole_parser() -> argparse.ArgumentParser:
    """Return one parser of all commands. Those of servers, which manifests start, have no options in it."""
    whole = argparse.ArgumentParser(prog="vault-webhook")
    whole.add_argument("--version", action="store_true", help="print the version")
    rows = whole.add_subparsers(title="commands")
    for command in COMMANDS:
        factory = getattr(importlib.import_module(command.module), "new_parser", None)
        parents = [factory()] if factory else []
        rows.add_parser(command.name, help=command.help, parents=parents, conflict_handler="resolve")
    return whole


def _parsers(whole: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    subparsers = [each for each in whole._actions if isinstance(each, argparse._SubParsersAction)]
    return [parser for each in subparsers for parser in each.choices.values()]
