"""Login methods of VaultAuth and VaultAuthGlobal: the fields of each, and the required ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vaultkube.sync_resources.kinds import NAME, TEXT, TEXTS, choice, whole
from vaultkube.sync_resources.table import item

METHODS = ("kubernetes", "jwt", "appRole", "aws", "gcp")
METHOD = choice(*METHODS)
NEEDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "kubernetes": (("role",), ("serviceAccount",)),
    "jwt": (("role",), ("serviceAccount", "secretRef")),
    "appRole": (("roleId",), ("secretRef", "secretIDPath")),
    "aws": (("role",),),
    "gcp": (("role",), ("workloadIdentityServiceAccount",)),
}
"""For each method, groups of fields; at least one of each group must be set, after the merge with a VaultAuthGlobal."""

_SHORTEST_TOKEN_S = 600
_ROLE_HELP = "the role to log in with"
_AUDIENCES_HELP = "audiences of the ServiceAccount's token"
_EXPIRY_HELP = "seconds that the ServiceAccount's token is valid"
_ACCOUNT_HELP = "the ServiceAccount, in the namespace of the Vault*Secret, whose token logs in"


@dataclass(frozen=True)
class KubernetesLogin:
    """Method kubernetes."""

    role: str = item("role", TEXT, _ROLE_HELP)
    service_account: str = item("serviceAccount", NAME, _ACCOUNT_HELP)
    audiences: tuple[str, ...] = item("audiences", TEXTS, _AUDIENCES_HELP)
    token_expiry_s: int | None = item("tokenExpirationSeconds", whole(_SHORTEST_TOKEN_S), _EXPIRY_HELP)


@dataclass(frozen=True)
class JwtLogin:
    """Method jwt."""

    role: str = item("role", TEXT, _ROLE_HELP)
    secret: str = item(
        "secretRef", NAME, "a Secret in the namespace of the Vault*Secret whose key `jwt` holds the token"
    )
    service_account: str = item("serviceAccount", NAME, _ACCOUNT_HELP)
    audiences: tuple[str, ...] = item("audiences", TEXTS, _AUDIENCES_HELP)
    token_expiry_s: int | None = item("tokenExpirationSeconds", whole(_SHORTEST_TOKEN_S), _EXPIRY_HELP)


@dataclass(frozen=True)
class AppRoleLogin:
    """Method appRole."""

    role_id: str = item("roleId", TEXT, "the RoleID")
    secret: str = item(
        "secretRef", NAME, "a Secret in the namespace of the Vault*Secret whose key `id` holds the SecretID"
    )
    secret_id_path: str = item(
        "secretIDPath",
        TEXT,
        "a file with the SecretID, in the operator's container; only in a VaultAuth of the operator's namespace",
    )


@dataclass(frozen=True)
class AwsLogin:
    """Method aws: with the keys of a Secret, or as a ServiceAccount with IRSA, or as the node."""

    role: str = item("role", TEXT, _ROLE_HELP)
    region: str = item("region", TEXT, "the region that the request is signed for")
    header_value: str = item("headerValue", TEXT, "the value of the header X-Vault-AWS-IAM-Server-ID")
    session_name: str = item("sessionName", TEXT, "the name of the session of a web identity")
    sts_endpoint: str = item("stsEndpoint", TEXT, "the address of STS; without it AWS's own")
    iam_endpoint: str = item("iamEndpoint", TEXT, "the address of IAM; without it AWS's own")
    secret: str = item(
        "secretRef",
        NAME,
        "a Secret in the namespace of the Vault*Secret with the keys `access_key_id`, `secret_access_key` and, where "
        "there is one, `session_token`",
    )
    service_account: str = item(
        "irsaServiceAccount",
        NAME,
        "a ServiceAccount with the annotation `eks.amazonaws.com/role-arn`, and `eks.amazonaws.com/audience` where it is not `sts.amazonaws.com`",
    )


@dataclass(frozen=True)
class GcpLogin:
    """Method gcp: as a ServiceAccount with workload identity of GKE."""

    role: str = item("role", TEXT, _ROLE_HELP)
    service_account: str = item(
        "workloadIdentityServiceAccount",
        NAME,
        "a ServiceAccount with the annotation `iam.gke.io/gcp-service-account`",
    )
    region: str = item("region", TEXT, "the region of the cluster; without it that of the operator's node")
    cluster_name: str = item(
        "clusterName", TEXT, "the name of the cluster; without it that of the operator's node"
    )
    project_id: str = item("projectID", TEXT, "the project; without it that of the operator's node")


Login = KubernetesLogin | JwtLogin | AppRoleLogin | AwsLogin | GcpLogin
TABLES: Mapping[str, type[Any]] = {
    "kubernetes": KubernetesLogin,
    "jwt": JwtLogin,
    "appRole": AppRoleLogin,
    "aws": AwsLogin,
    "gcp": GcpLogin,
}
