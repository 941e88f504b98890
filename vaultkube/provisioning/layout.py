"""The layout of a provisioned Vault: the role and the policy of a namespace, and the paths that the policy allows. Pure.

KV v2 and the auth method are mounted at the cluster's name; namespace NS owns `CLUSTER/data/NS` and all below it; every
namespace reads `CLUSTER/data/_shared` and all below it; the role to log in with is NS.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vaultenv.basics.duration import seconds

API_SERVER = "https://kubernetes.default.svc.cluster.local"
"""The audience of a pod's mounted token, or of a token requested without an audience: the issuer of most clusters."""
NAMESPACE_PATTERN = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
CLUSTER_PATTERN = "[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*"
_SHARED = "_shared"
_OWN = "{{identity.entity.aliases.%s.metadata.service_account_namespace}}"


@dataclass(frozen=True)
class Layout:
    """Roles and policies of namespaces: a policy for each, or `one_policy` for all of them.

    `service_accounts` may log in; `token_ttl` has Vault's format.
    """

    cluster: str
    service_accounts: tuple[str, ...] = ("*",)
    token_ttl: str = "1h"  # noqa: S105  # a duration
    audience: str = API_SERVER
    one_policy: bool = False

    def policy_name(self, namespace: str) -> str:
        """Return the name of the policy; that for all namespaces has a `_`, which no namespace's name can have."""
        return f"{self.cluster}-{'_namespaces' if self.one_policy else namespace}"

    def role(self, namespace: str) -> dict[str, object]:
        """Return the fields of the role: https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#create-update-role"""
        return {
            "bound_service_account_names": list(self.service_accounts),
            "bound_service_account_namespaces": [namespace],
            "token_policies": [self.policy_name(namespace)],
            "token_ttl": self.token_ttl,
            "audience": self.audience,
        }

    def is_role(self, namespace: str, found: Mapping[str, Any]) -> bool:
        """Return whether a role in Vault has the fields of the namespace's role; Vault returns its TTL in seconds."""
        role = self.role(namespace)
        try:
            role["token_ttl"] = seconds(self.token_ttl)
        except ValueError:
            return False
        return all(found.get(field) == value for field, value in role.items())


def policy_text(cluster: str, namespace: str) -> str:
    """Return the policy for a namespace's own path and the shared path."""
    rules = (
        f'path {json.dumps(f"{cluster}/data/{place}{below}")} {{ capabilities = ["read"] }}'
        for place in (namespace, _SHARED)
        for below in ("", "/*")
    )
    return "\n".join(rules) + "\n"


def shared_policy_text(cluster: str, accessor: str) -> str:
    """Return the policy for all namespaces, into which Vault inserts the namespace of a login at the auth mount `accessor`.

    https://developer.hashicorp.com/vault/docs/concepts/policies#templated-policies
    """
    return policy_text(cluster, _OWN % accessor)


def is_namespace(name: str) -> bool:
    """Return whether the name is valid for a namespace: in a policy `*`, `+` and `{{` would allow other paths."""
    return re.fullmatch(NAMESPACE_PATTERN, name) is not None
