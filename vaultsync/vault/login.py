"""Logins: the request body of each auth method, with the Secrets and tokens of the cluster that it needs.

https://developer.hashicorp.com/vault/api-docs/auth
"""

from typing import Any

from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded
from vaultkube.regular_file import read_regular_file
from vaultkube.sync_resources.methods import (
    AppRoleLogin,
    AwsLogin,
    JwtLogin,
    KubernetesLogin,
    Login,
)
from vaultsync.errors import ReferenceRefused
from vaultsync.vault.aws import aws_body
from vaultsync.vault.gcp import Google, gcp_body
from vaultsync.vault.server import Identity
from vaultsync.vault.source import Source

LONGEST_FILE = 1 << 20
"""Bytes of a file with a SecretID or with certificates."""


def login_body(identity: Identity, source: Source, deadline: Deadline) -> dict[str, Any]:
    """Return the body of the login; raise ReferenceRefused for a missing Secret, ServiceAccount or file."""
    login = identity.login
    if isinstance(login, KubernetesLogin):
        return {"role": login.role, "jwt": _account_token(identity, login, source, deadline)}
    if isinstance(login, JwtLogin):
        if login.secret:
            jwt = secret_entry(source, identity.namespace, login.secret, "jwt", deadline)
        else:
            jwt = _account_token(identity, login, source, deadline)
        return {"role": login.role, "jwt": jwt}
    if isinstance(login, AppRoleLogin):
        return {"role_id": login.role_id, "secret_id": _secret_id(identity, login, source, deadline)}
    if isinstance(login, AwsLogin):
        return aws_body(login, identity.namespace, source, deadline)
    return gcp_body(login, identity.namespace, source, deadline, Google())


def cannot_be_done(login: Login, *, is_operators: bool) -> str:
    """Return why a login is not supported, and the remedy; an empty text if it is supported.

    A file of the operator's container, such as the token of its own ServiceAccount, is sent to Vault only for a VaultAuth of
    the operator's namespace (`is_operators`): authors of others may name a Vault of their own.
    """
    if isinstance(login, AwsLogin) and not login.secret and not login.service_account:
        return "method aws as the operator's node is not done: set aws.secretRef or aws.irsaServiceAccount"
    if isinstance(login, AppRoleLogin) and not login.secret and not is_operators:
        return (
            "appRole.secretIDPath is only for a VaultAuth of the operator's namespace: set appRole.secretRef"
        )
    return ""


def _account_token(
    identity: Identity, login: KubernetesLogin | JwtLogin, source: Source, deadline: Deadline
) -> str:
    """Return a new token of the ServiceAccount, for this login only."""
    audiences = list(login.audiences)
    token = source.create_token(identity.namespace, login.service_account, audiences, deadline)
    if token is None:
        raise ReferenceRefused(
            f"ServiceAccount {identity.namespace}/{login.service_account} does not exist: correct serviceAccount of the VaultAuth"
        )
    return token


def _secret_id(identity: Identity, login: AppRoleLogin, source: Source, deadline: Deadline) -> str:
    if login.secret:
        return secret_entry(source, identity.namespace, login.secret, "id", deadline)
    try:
        return read_regular_file(login.secret_id_path, LONGEST_FILE).decode().strip()
    except (OSError, ValueError) as error:
        raise ReferenceRefused(
            f"secretIDPath {login.secret_id_path} cannot be read ({type(error).__name__}) in the operator's container: mount "
            "the file there, or use secretRef"
        ) from None


def secret_entry(source: Source, namespace: str, name: str, entry: str, deadline: Deadline) -> str:
    """Return an entry of a Secret as text; raise ReferenceRefused if it is missing or empty."""
    found = source.get("Secret", namespace, name, deadline)
    if found is None:
        raise ReferenceRefused(f"Secret {namespace}/{name} does not exist: create it with the key {entry!r}")
    value = decoded((found.get("data") or {}).get(entry))
    if not value:
        raise ReferenceRefused(f"Secret {namespace}/{name} has no key {entry!r}, or an empty one")
    return value.decode("utf-8", "replace").strip()
