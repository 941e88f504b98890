"""The commands by their names."""

from typing import NamedTuple


class Command(NamedTuple):
    """A command: `run(arguments)` of its module returns the exit status.

    The module is imported when the command is run.
    """

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
    Command(
        "completion", "webhook.commands.completion", "print the script by which a shell completes commands"
    ),
)
