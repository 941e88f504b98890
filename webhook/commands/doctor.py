"""`vault-webhook doctor NAMESPACE`: find the faults of an installation and their remedies; it changes nothing.

Exit status: 0 nothing is wrong; 1 something is; 2 wrong usage, or the API server could not be reached.
"""

import argparse
import os
import sys

from vaultkube.apiserver.client import Cluster
from vaultkube.errors import InvalidSetting, WebhookError
from vaultkube.printable import printable
from webhook.doctor.facts import Place
from webhook.doctor.finding import State
from webhook.doctor.gather import gather
from webhook.doctor.installation import find_in_installation
from webhook.doctor.report import report
from webhook.doctor.six_errors import find_six_errors
from webhook.offline.user_kubeconfig import find_person_connection

WRONG, NOT_CHECKED = 1, 2
_EXIT = (
    "Exit status: 0 nothing is wrong; 1 something is; 2 wrong usage, or the API server could not be reached."
)


def run(arguments: list[str]) -> int:
    """Print the findings; return the exit status."""
    options = new_parser().parse_args(arguments)
    place = Place(
        webhook_namespace=options.webhook_namespace,
        webhook_name=options.webhook_name,
        service_account=options.webhook_account or options.webhook_name,
        namespace=options.namespace,
        pods_account=options.service_account,
        role=options.role,
        mount=options.mount,
        address=options.address,
        image=options.image,
    )
    try:
        cluster = Cluster(find_person_connection(os.environ), caller="your user")
        facts = gather(cluster, place)
    except (InvalidSetting, WebhookError) as error:
        print(f"vault-webhook doctor: {printable(str(error))}", file=sys.stderr)
        return NOT_CHECKED
    findings = [*find_in_installation(facts), *find_six_errors(facts)]
    sys.stdout.write(report(findings, colours=_has_colours()))
    return WRONG if any(finding.state is State.WRONG for finding in findings) else 0


def _has_colours() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook doctor",
        description="Check an installation and one of its namespaces with your kubeconfig: dry runs of a Secret and of a "
        "pod show how the webhook answers an application. Nothing is stored or changed.",
        epilog=_EXIT,
    )
    parser.add_argument("namespace", metavar="NAMESPACE", help="a namespace whose pods have secrets")
    pods = parser.add_argument_group("what its pods have")
    pods.add_argument("--role", default="", help="their annotation vault-role (default: none)")
    pods.add_argument("--mount", default="", help="their annotation vault-path (default: none)")
    pods.add_argument("--address", default="", help="their annotation vault-addr (default: none)")
    pods.add_argument(
        "--image", default="", help="an image of theirs, whose entry point is then read from its registry"
    )
    pods.add_argument(
        "--service-account", default="default", help="their ServiceAccount (default: %(default)s)"
    )
    webhook = parser.add_argument_group("where the webhook is")
    webhook.add_argument("--webhook-namespace", default="vault-webhook", help="default: %(default)s")
    webhook.add_argument(
        "--webhook-name",
        default="vault-webhook",
        help="name of its Deployment, Service and configuration (default: %(default)s)",
    )
    webhook.add_argument("--webhook-account", default="", help="its ServiceAccount (default: its name)")
    return parser
