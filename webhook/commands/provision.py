"""`vault-webhook provision NAMESPACE...`: role, policy and path of each namespace in Vault, and the shared path.

The layout: KV v2 and the auth method are mounted at the cluster's name; namespace NS owns `CLUSTER/data/NS` and all
below it; every namespace reads `CLUSTER/data/_shared` and all below it; the role to log in with is NS.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hvac
import requests
from hvac.exceptions import VaultError

from vaultkube.errors import InvalidSetting, WebhookError
from vaultkube.vault.client import new_client
from webhook.commands.secret_rights import bind_secrets, parse_account

_SHARED = "_shared"
_TIMEOUT_S = 30.0
API_SERVER = "https://kubernetes.default.svc.cluster.local"
"""The audience of the token that a pod has mounted, and of one that is asked for without an audience: the issuer of most clusters."""
_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_MOUNT = "[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*"


class ProvisioningFailed(WebhookError):
    """Vault refused a step; those before it are done, and the command can be run again."""


@dataclass(frozen=True)
class KubernetesAuth:
    """The access of Vault to the API server, which verifies tokens for it: https://developer.hashicorp.com/vault/api-docs/auth/kubernetes."""

    host: str
    ca: str
    reviewer_token: str


def run(arguments: list[str]) -> int:
    """Provision the namespaces that are named; print one line for each thing made."""
    options = new_parser().parse_args(arguments)
    auth = KubernetesAuth(
        options.kubernetes_host,
        _read(options.kubernetes_ca_file),
        _read(options.token_reviewer_jwt_file).strip(),
    )
    provisioning = Provisioning(_client(), options.cluster, lambda line: print(line, file=sys.stdout))
    provisioning.mount(auth if options.kubernetes_host else None)
    for namespace in options.namespaces:
        provisioning.namespace(namespace, options.service_account, options.token_ttl, options.audience)
    if options.bind_secrets:
        print("\n".join(bind_secrets(options.bind_secrets, options.namespaces)))
    return 0


def policy_text(cluster: str, namespace: str) -> str:
    """Return the policy of a namespace: its own path and the shared one, to read."""
    rules = (
        f'path {json.dumps(f"{cluster}/data/{place}{below}")} {{ capabilities = ["read"] }}'
        for place in (namespace, _SHARED)
        for below in ("", "/*")
    )
    return "\n".join(rules) + "\n"


class Provisioning:
    """The steps; each leaves alone what exists already."""

    def __init__(self, client: hvac.Client, cluster: str, report: Callable[[str], None]) -> None:
        self._client = client
        self._cluster = cluster
        self._report = report

    def mount(self, auth: KubernetesAuth | None) -> None:
        """Mount KV v2 and the kubernetes auth method at the cluster's name, and configure the latter with `auth`."""
        sys_, place = self._client.sys, f"{self._cluster}/"
        if place not in self._call("list secret mounts", sys_.list_mounted_secrets_engines)["data"]:
            self._call(
                "mount KV v2", sys_.enable_secrets_engine, "kv", path=self._cluster, options={"version": "2"}
            )
            self._report(f"mounted KV v2 at {self._cluster}")
        if place not in self._call("list auth mounts", sys_.list_auth_methods)["data"]:
            if auth is None:
                raise InvalidSetting(
                    "the auth method is not mounted yet: say --kubernetes-host and --kubernetes-ca-file"
                )
            self._call("mount kubernetes auth", sys_.enable_auth_method, "kubernetes", path=self._cluster)
            self._report(f"mounted kubernetes auth at auth/{self._cluster}")
        if auth is not None:
            self._call(
                "configure kubernetes auth",
                self._client.auth.kubernetes.configure,
                kubernetes_host=auth.host,
                kubernetes_ca_cert=auth.ca or None,
                token_reviewer_jwt=auth.reviewer_token or None,
                disable_local_ca_jwt=bool(auth.ca),
                mount_point=self._cluster,
            )
            self._report(f"configured auth/{self._cluster} for {auth.host}")

    def namespace(
        self, namespace: str, service_accounts: list[str], token_ttl: str, audience: str = API_SERVER
    ) -> None:
        """Make policy and role of `namespace` for tokens with this audience of these ServiceAccounts of it, or of all (`*`)."""
        policy = f"{self._cluster}-{namespace}"
        text = policy_text(self._cluster, namespace)
        self._call(
            f"write policy {policy}", self._client.sys.create_or_update_policy, name=policy, policy=text
        )
        self._call(
            f"write role {namespace}",
            self._client.auth.kubernetes.create_role,
            name=namespace,
            bound_service_account_names=service_accounts or ["*"],
            bound_service_account_namespaces=[namespace],
            policies=[policy],
            ttl=token_ttl,
            audience=audience,
            mount_point=self._cluster,
        )
        self._report(
            f"namespace {namespace}: role {namespace} for tokens with audience {audience}, "
            f"path {self._cluster}/data/{namespace}"
        )

    def _call(self, step: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (VaultError, requests.RequestException) as error:
            kind = type(error).__name__
            raise ProvisioningFailed(
                f"cannot {step}: {kind}; check VAULT_ADDR, VAULT_CACERT and VAULT_TOKEN"
            ) from error


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the command\'s arguments."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook provision",
        description="Make role, policy and path of namespaces in the Vault of VAULT_ADDR, with VAULT_TOKEN.",
        epilog="Example: vault-webhook provision --cluster 09999-demo-cluster default shop "
        "--kubernetes-host https://10.0.0.1:6443 --kubernetes-ca-file ca.crt",
    )
    parser.add_argument("namespaces", metavar="NAMESPACE", nargs="+", type=_name(_LABEL, "a namespace"))
    parser.add_argument(
        "--cluster",
        required=True,
        type=_name(_MOUNT, "a path of letters, digits, dots, - and _"),
        help="name of the KV v2 mount and of the auth mount",
    )
    parser.add_argument("--kubernetes-host", default="", help="address of the API server as Vault sees it")
    parser.add_argument("--kubernetes-ca-file", type=Path, help="PEM file with the API server's CA")
    parser.add_argument(
        "--token-reviewer-jwt-file",
        type=Path,
        help="token that Vault asks the API server with; default: the one that logs in",
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
    parser.add_argument(
        "--bind-secrets",
        metavar="NAMESPACE/NAME",
        type=parse_account,
        help="the webhook's namespace and name, e.g. vault-webhook/vault-webhook: also let it read the Secrets of these namespaces "
        "and make tokens of their ServiceAccounts, by a RoleBinding in each (docs/security.md), with your kubeconfig",
    )
    parser.add_argument("--token-ttl", default="1h", help="life of the tokens (default: %(default)s)")
    return parser


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
    return new_client(
        address,
        token=token,
        ca=_read(Path(environ["VAULT_CACERT"]) if environ.get("VAULT_CACERT") else None),
        namespace=environ.get("VAULT_NAMESPACE", ""),
        remaining_s=lambda: _TIMEOUT_S,
    )


def _read(path: Path | None) -> str:
    try:
        return path.read_text(encoding="utf-8") if path else ""
    except OSError as error:
        raise InvalidSetting(str(error)) from None
