"""The arguments of `vault-webhook certificate`."""

import argparse
import re
from pathlib import Path

_MAX_DAYS = 36_500


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook certificate",
        description="Print a Secret with a serving certificate and the webhook configuration that trusts it. If there is "
        "a Secret of an earlier run, its CA stays trusted and the path stays the same: no admission fails meanwhile.",
        epilog="Example: vault-webhook certificate | kubectl apply -f -",
    )
    parser.add_argument("--file", type=Path, help="webhook configuration to fill in, instead of our own")
    _add_names(parser)
    parser.add_argument(
        "--objects",
        action="append",
        default=[],
        metavar="RESOURCE.GROUP",
        help="also resolve references in custom objects of this kind, as in databases.example.com; may be repeated, and is needed at each run",
    )
    parser.add_argument("--days", type=_days, default=365, help="validity (default: %(default)s)")
    parser.add_argument(
        "--rotate-path",
        action="store_true",
        help="change the secret path of the webhook; the one before is answered until the next change",
    )
    parser.add_argument(
        "--only-secret",
        action="store_true",
        help="leave the webhook configuration out: the Helm chart makes it from the Secret",
    )
    earlier = parser.add_mutually_exclusive_group()
    earlier.add_argument(
        "--current",
        type=Path,
        help="manifest of the Secret of an earlier run (default: read from the cluster of the kubeconfig, if there is one)",
    )
    earlier.add_argument(
        "--new", action="store_true", help="make a new CA and a new path, and read no earlier Secret"
    )
    return parser


def _add_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--namespace",
        default="vault-webhook",
        type=_name,
        help="namespace of Secret and Service (default: %(default)s)",
    )
    parser.add_argument(
        "--service", default="vault-webhook", type=_name, help="name of the Service (default: %(default)s)"
    )
    parser.add_argument(
        "--secret", default="vault-webhook-tls", type=_name, help="name of the Secret (default: %(default)s)"
    )
    parser.add_argument(
        "--url",
        default="",
        type=_url,
        help="https://HOST:PORT of a webhook outside the cluster, instead of the Service",
    )


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a name of Kubernetes")
    return text


def _url(text: str) -> str:
    accepted = r"https://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[!-~]*)?"
    if text and (not re.fullmatch(accepted, text) or "?" in text or "#" in text):
        raise argparse.ArgumentTypeError(f"{text!r} is not https://HOST:PORT")
    return text


def _days(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= _MAX_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 1 to {_MAX_DAYS}")
    return int(text)
