"""RoleBindings with which the webhook may read the Secrets of one namespace, for `provision --bind-secrets`."""

import os
import re
from typing import Any, NamedTuple

from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.errors import InvalidSetting
from webhook.offline.user_kubeconfig import find_person_connection

_GROUP = "rbac.authorization.k8s.io"
_BUDGET_S = 10.0
SERVICE_ACCOUNT_PATTERN = r"[a-z0-9.-]+"


class WebhookAccount(NamedTuple):
    """The webhook's namespace, name and ServiceAccount; its ClusterRole for Secrets is called NAME-secrets."""

    namespace: str
    name: str
    service_account: str


def parse_account(text: str) -> WebhookAccount:
    """Return the account of `NAMESPACE/NAME`; raise ValueError if the text has another form."""
    if not re.fullmatch(r"[a-z0-9-]+/[a-z0-9.-]+", text):
        raise ValueError(text)
    namespace, name = text.split("/")
    return WebhookAccount(namespace, name, name)


def role_binding(account: WebhookAccount, namespace: str) -> dict[str, Any]:
    """Return the RoleBinding for a namespace, as in docs/security.md."""
    role = f"{account.name}-secrets"
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": role, "namespace": namespace},
        "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [
            {"kind": "ServiceAccount", "name": account.service_account, "namespace": account.namespace}
        ],
    }


def bind_secrets(account: WebhookAccount, namespaces: list[str]) -> list[str]:
    """Make the RoleBinding in each namespace with the person's kubeconfig, and return a line for each.

    An existing RoleBinding with the same role and subject stays as it is. Raises InvalidSetting if it has others, or if
    a namespace does not exist.
    """
    cluster = Cluster(find_person_connection(os.environ), caller="your user")
    return [_bind(cluster, account, namespace) for namespace in namespaces]


def _bind(cluster: Cluster, account: WebhookAccount, namespace: str) -> str:
    wanted, resource = role_binding(account, namespace), Resource(_GROUP, "v1", "rolebindings", namespace)
    name = wanted["metadata"]["name"]
    if cluster.read(Resource("", "v1", "namespaces"), namespace, Deadline(_BUDGET_S)) is None:
        raise InvalidSetting(f"there is no namespace {namespace} to bind rights in: create it first")
    if not cluster.add(resource, wanted, Deadline(_BUDGET_S)):
        found = cluster.read(resource, name, Deadline(_BUDGET_S)) or {}
        subjects = [
            (each["kind"], each.get("namespace"), each["name"]) for each in found.get("subjects") or ()
        ]
        role = (found.get("roleRef") or {}).get("name")
        if role != name or ("ServiceAccount", account.namespace, account.service_account) not in subjects:
            raise InvalidSetting(
                f"RoleBinding {namespace}/{name} binds somebody else: remove it, and run this again"
            )
    return f"namespace {namespace}: the webhook {account.namespace}/{account.name} may read its secrets"
