"""`vault-webhook provision NAMESPACE...`: role, policy and path of each namespace in Vault, and the shared path.

The layout is that of `vaultkube/provisioning`; `--watch` does it for each namespace that has the label, until SIGTERM.
"""

import argparse
import os
import re
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import hvac

from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.ending import ending_event
from vaultkube.errors import InvalidSetting
from vaultkube.log import configure_logging
from vaultkube.provisioning.layout import API_SERVER, CLUSTER_PATTERN, NAMESPACE_PATTERN, Layout
from vaultkube.provisioning.steps import KubernetesAuth, Provisioning
from vaultkube.provisioning.watcher import LABEL, Watcher
from vaultkube.vault.client import new_client
from webhook.commands.secret_rights import SERVICE_ACCOUNT_PATTERN, bind_secrets, parse_account

_TIMEOUT_S = 30.0


def run(arguments: list[str]) -> int:
    """Provision the namespaces of the arguments, or those with the label; print a line for each new object of Vault."""
    parser = new_parser()
    options = parser.parse_args(arguments)
    if options.remove and (options.watch or options.bind_secrets):
        parser.error(
            "use --remove without --watch: with --watch a namespace is removed by the label's value `remove`"
        )
    if (options.remove or options.bind_secrets) and not options.namespaces:
        parser.error("name the namespaces for --remove or --bind-secrets")
    if options.webhook_account and not options.bind_secrets:
        parser.error("use --webhook-account with --bind-secrets")
    if not options.kubernetes_host and (options.kubernetes_ca_file or options.token_reviewer_jwt_file):
        parser.error("use --kubernetes-ca-file and --token-reviewer-jwt-file with --kubernetes-host")
    layout = Layout(
        options.cluster,
        tuple(options.service_account) or ("*",),
        options.token_ttl,
        options.audience,
        options.one_policy,
    )
    steps = Provisioning(_client(), layout, _report)
    if not options.remove:
        _prepare(steps, options)
    for namespace in options.namespaces:
        if options.remove:
            steps.remove(namespace)
        else:
            steps.namespace(namespace)
    if options.bind_secrets:
        account = options.bind_secrets
        account = account._replace(service_account=options.webhook_account or account.name)
        print("\n".join(bind_secrets(account, options.namespaces)))
    return _watch(steps) if options.watch else 0


def _prepare(steps: Provisioning, options: argparse.Namespace) -> None:
    """Make the mounts, and with `--one-policy` the policy for all namespaces."""
    host = options.kubernetes_host
    ca, reviewer = _read(options.kubernetes_ca_file), _read(options.token_reviewer_jwt_file).strip()
    steps.mount(KubernetesAuth(host, ca, reviewer) if host else None)
    if options.one_policy:
        steps.shared_policy()


def _report(line: str) -> None:
    print(line, flush=True)


def _watch(steps: Provisioning) -> int:
    stop = ending_event()
    configure_logging("info")
    watcher = Watcher(find_connection(os.environ), lambda: steps)
    threading.Thread(target=watcher.run, args=(stop,), daemon=True).start()
    stop.wait()
    return 0


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook provision",
        description="Make role, policy and path of namespaces in the Vault of VAULT_ADDR, with VAULT_TOKEN.",
        epilog="Example: vault-webhook provision --cluster 09999-demo-cluster default shop "
        "--kubernetes-host https://10.0.0.1:6443 --kubernetes-ca-file ca.crt",
    )
    parser.add_argument(
        "namespaces", metavar="NAMESPACE", nargs="*", type=_name(NAMESPACE_PATTERN, "a namespace")
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help=f"go on until SIGTERM: provision each namespace with the label {LABEL}=true, and remove the role of one with "
        f"{LABEL}=remove, by KUBECONFIG or in the cluster; a label that vanishes removes nothing",
    )
    parser.add_argument(
        "--remove", action="store_true", help="remove role and policy of the namespaces; their secrets stay"
    )
    parser.add_argument(
        "--one-policy",
        action="store_true",
        help="one policy for all namespaces, in which Vault fills in the namespace of the login",
    )
    parser.add_argument(
        "--cluster",
        required=True,
        type=_name(CLUSTER_PATTERN, "a path of letters, digits, dots, - and _"),
        help="name of the KV v2 mount and of the auth mount",
    )
    _add_login_options(parser)
    _add_webhook_options(parser)
    parser.add_argument(
        "--token-ttl",
        default="1h",
        type=_name(
            r"[0-9]+|([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+", "a duration such as 1h, or a number of seconds"
        ),
        help="life of the tokens (default: %(default)s)",
    )
    return parser


def _add_login_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kubernetes-host", default="", help="address of the API server as Vault sees it")
    parser.add_argument(
        "--kubernetes-ca-file",
        type=Path,
        help="PEM file with the API server's CA; default: that of the pod that Vault runs in",
    )
    parser.add_argument(
        "--token-reviewer-jwt-file",
        type=Path,
        help="token with which Vault calls the API server; default: the token of Vault's pod, or with a CA file the token "
        "that logs in (docs/provisioning.md)",
    )
    parser.add_argument(
        "--service-account",
        action="append",
        default=[],
        help="a ServiceAccount that may log in (default: all of the namespace)",
    )
    parser.add_argument(
        "--audience",
        default=API_SERVER,
        type=_name("[!-~]+", "one word"),
        help="audience of the tokens that may log in: the API server's own, its --api-audiences or issuer, or that of "
        "VAULT_TOKEN_AUDIENCE and the annotation vault-token-audience where they are used (default: %(default)s)",
    )


def _add_webhook_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bind-secrets",
        metavar="NAMESPACE/NAME",
        type=parse_account,
        help="the webhook's namespace and name, e.g. vault-webhook/vault-webhook: also let it read the Secrets of these namespaces "
        "and make tokens of their ServiceAccounts, by a RoleBinding in each (docs/security.md), with your kubeconfig",
    )
    parser.add_argument(
        "--webhook-account",
        type=_name(SERVICE_ACCOUNT_PATTERN, "the name of a ServiceAccount"),
        help="with --bind-secrets, the webhook's ServiceAccount (default: the webhook's name)",
    )


def _name(pattern: str, accepted: str) -> Callable[[str], str]:
    """Return a parser of names that the pattern matches: in a policy `*`, `+` and `{{` would open other paths."""

    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise argparse.ArgumentTypeError(f"{text!r} is not {accepted}")
        return text

    return parse


def _client() -> hvac.Client:
    address, token = os.environ.get("VAULT_ADDR"), os.environ.get("VAULT_TOKEN")
    if not address or not token:
        raise InvalidSetting("set VAULT_ADDR and VAULT_TOKEN, and VAULT_CACERT if its CA is not the system's")
    environ = os.environ
    ca_file = environ.get("VAULT_CACERT")
    ca = _read(Path(ca_file) if ca_file else None)
    try:
        if ca_file and not ca:
            raise ValueError  # an empty CA would mean the system's
        return new_client(
            address,
            token=token,
            ca=ca,
            namespace=environ.get("VAULT_NAMESPACE", ""),
            remaining_s=lambda: _TIMEOUT_S,
        )
    except (ssl.SSLError, ValueError):
        raise InvalidSetting(f"VAULT_CACERT: {ca_file} holds no certificate in PEM") from None


def _read(path: Path | None) -> str:
    try:
        return path.read_text(encoding="utf-8") if path else ""
    except OSError as error:
        raise InvalidSetting(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InvalidSetting(f"{path} is not text: PEM is needed, or the text of a token") from None
