"""Auto-auth methods of HashiCorp's agent as logins of vault-env, with their parameters in `auth-config-NAME`.

https://developer.hashicorp.com/vault/docs/agent-and-proxy/autoauth/methods
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vaultkube.value_types import ValueType, choice

KUBERNETES = "kubernetes"
ROLE = "role"


@dataclass(frozen=True)
class Parameter:
    """One parameter: it sets a field of `Config` or a variable of the launcher, or `why` says that it is unusable.

    A `refused` parameter would change the login to another than the author means. Other unusable parameters have no
    effect. A parameter whose value is `only` says what vault-env does in any case.
    """

    sets: str = ""
    variable: str = ""
    why: str = ""
    refused: bool = False
    only: str = ""


@dataclass(frozen=True)
class AuthMethod:
    """One method: the launcher's names for it, by the parameter `type` if there are several, and its parameters.

    vault-env has no login for a method without a name.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


def _single(name: str, /, **parameters: Parameter) -> AuthMethod:
    return AuthMethod({"": name}, parameters)


def _refused(why: str) -> Parameter:
    return Parameter(why=why, refused=True)


_ROLE = Parameter(sets="role")
_STAYS = Parameter(why="vault-env removes no file", only="false")
_NO_RELOAD = Parameter(why="vault-env reads the files at each login", only="true")
_POLLING = Parameter(why="vault-env logs in when it needs to")
_BY_VARIABLE = "write no credentials into an annotation: set the variable {} in the container"
_AZURE_RESOURCE = "https://management.azure.com/"
_UNSUPPORTED = AuthMethod()

METHODS: Mapping[str, AuthMethod] = {
    KUBERNETES: _single("kubernetes", role=_ROLE, token_path=Parameter(sets="jwt_file")),
    "jwt": _single(
        "jwt",
        role=_ROLE,
        path=Parameter(sets="jwt_file"),
        remove_jwt_after_reading=_STAYS,
        remove_jwt_follows_symlinks=_STAYS,
        jwt_read_period=_POLLING,
    ),
    "approle": _single(
        "approle",
        role_id_file_path=Parameter(variable="VAULT_APPROLE_ROLE_ID_FILE"),
        secret_id_file_path=Parameter(variable="VAULT_APPROLE_SECRET_ID_FILE"),
        secret_id_response_wrapping_path=_refused("vault-env does not unwrap a secret ID"),
        remove_secret_id_file_after_reading=_STAYS,
    ),
    "cert": _single(
        "cert",
        name=_ROLE,
        ca_cert=Parameter(variable="VAULT_CACERT"),
        client_cert=Parameter(variable="VAULT_CLIENT_CERT"),
        client_key=Parameter(variable="VAULT_CLIENT_KEY"),
        reload=_NO_RELOAD,
    ),
    "ldap": _single(
        "ldap",
        username=Parameter(variable="VAULT_USERNAME"),
        password_file_path=Parameter(variable="VAULT_PASSWORD_FILE"),
        remove_password_after_reading=_STAYS,
        remove_password_follows_symlinks=_STAYS,
    ),
    "aws": AuthMethod(
        {"iam": "aws-iam", "ec2": "aws-ec2"},
        {
            "role": _ROLE,
            "type": Parameter(),
            "header_value": Parameter(variable="VAULT_AWS_IAM_SERVER_ID"),
            "region": _refused("set the variable AWS_REGION in the container"),
            "access_key": _refused(_BY_VARIABLE.format("AWS_ACCESS_KEY_ID")),
            "secret_key": _refused(_BY_VARIABLE.format("AWS_SECRET_ACCESS_KEY")),
            "session_token": _refused(_BY_VARIABLE.format("AWS_SESSION_TOKEN")),
            "nonce": _refused("vault-env derives the nonce from the pod's ServiceAccount token"),
            "credential_poll_interval": _POLLING,
        },
    ),
    "gcp": AuthMethod(
        {"iam": "gcp-iam", "gce": "gcp-gce"},
        {
            "role": _ROLE,
            "type": Parameter(),
            "service_account": _refused(
                "vault-env logs in as the service account of the machine or workload"
            ),
            "credentials": _refused("vault-env logs in as the service account of the machine or workload"),
            "project": Parameter(why="vault-env does not need it"),
            "jwt_exp": Parameter(why="vault-env chooses it"),
        },
    ),
    "azure": _single(
        "azure",
        role=_ROLE,
        resource=Parameter(
            why=f"vault-env asks for a token for {_AZURE_RESOURCE}", refused=True, only=_AZURE_RESOURCE
        ),
        object_id=_refused("vault-env takes the machine's own identity"),
        client_id=_refused("vault-env takes the machine's own identity"),
        authenticate_from_environment=_refused("vault-env asks the machine's metadata service"),
        scope=Parameter(why="vault-env does not need it"),
    ),
    "token_file": _single("", token_file_path=Parameter(variable="VAULT_TOKEN_FILE")),
    "alicloud": _UNSUPPORTED,
    "cf": _UNSUPPORTED,
    "kerberos": _UNSUPPORTED,
    "oci": _UNSUPPORTED,
}
OPERATORS_MOUNT = (KUBERNETES, "jwt", "token_file")
"""Methods that are usually at the operator's mount, or at none. Any other is at the mount of its own name."""
SUPPORTED = tuple(name for name, method in METHODS.items() if method.names)

AUTH_TYPE = ValueType(f"one of {', '.join(METHODS)}", choice(*METHODS))
