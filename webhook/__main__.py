"""`vault-webhook COMMAND`: the webhook, and what its operators and users run by hand."""

import importlib
import sys

from vaultenv import __version__
from vaultkube.errors import InvalidSetting, WebhookError

COMMANDS = {
    "serve": "serve admission requests",
    "mutate": "show what would become of manifests, without sending them anywhere",
    "check": "find what is wrong with manifests, for people and for CI",
    "certificate": "make the serving certificate and the webhook configuration that trusts it",
    "image": "show what the webhook finds in an image's registry, and why not",
    "provision": "make role, policy and path of namespaces in Vault",
}


def main() -> int:
    """Run the command that the arguments name; return its exit status."""
    name, *arguments = sys.argv[1:] or [""]
    if name in ("-h", "--help"):
        print(_usage())
        return 0
    if name == "--version":
        print(f"vault-webhook {__version__}")
        return 0
    if name not in COMMANDS:
        print(
            f"vault-webhook: there is no command {name!r}\n{_usage()}" if name else _usage(), file=sys.stderr
        )
        return 2
    run = importlib.import_module(f"webhook.commands.{name}").run
    try:
        return int(run(arguments))
    except (InvalidSetting, WebhookError) as error:
        print(f"vault-webhook {name}: {error}", file=sys.stderr)
        return 1


def _usage() -> str:
    rows = (f"  {name:<12} {help}" for name, help in COMMANDS.items())
    return (
        "usage: vault-webhook COMMAND [ARGUMENT...]\n\n"
        + "\n".join(rows)
        + "\n\n`vault-webhook COMMAND --help` says more."
    )


if __name__ == "__main__":
    sys.exit(main())
