"""Login requests of the auth methods (https://developer.hashicorp.com/vault/api-docs/auth)."""

from __future__ import annotations

from vaultenv.basics.files import read_file, reason
from vaultenv.basics.jsontext import dumps
from vaultenv.client.address import quoted
from vaultenv.client.http import Request
from vaultenv.errors import InvalidSetting, LoginFailed
from vaultenv.variables import SERVICE_ACCOUNT_TOKEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from vaultenv.basics.deadline import Deadline
    from vaultenv.settings import Settings

_LIMIT = 1024 * 1024


class Method:
    """An auth method: its title in messages, its default mount, and the function that builds its request."""

    __slots__ = ("mount", "request", "title")

    def __init__(self, title: str, mount: str, request: Callable[[Settings, Deadline], Request]) -> None:
        self.title = title
        self.mount = mount
        self.request = request


def method_of(settings: Settings) -> Method:
    """Return the configured method; raise InvalidSetting for an unknown one."""
    method = METHODS.get(settings.auth_method)
    if method is None:
        known = ", ".join(METHODS)
        raise InvalidSetting(f"VAULT_AUTH_METHOD is {settings.auth_method!r}: write one of {known}")
    return method


def mount_of(settings: Settings) -> str:
    """Return the method's mount: VAULT_PATH, else the default one."""
    return settings.auth_mount or method_of(settings).mount


def login_request(settings: Settings, deadline: Deadline) -> Request:
    """Return the request of the configured method; its files are read each time, a cloud's metadata until the deadline.

    Raises InvalidSetting for an unknown method or a missing setting, LoginFailed for data that cannot be read,
    VaultUnavailable for a cloud that does not answer.
    """
    return method_of(settings).request(settings, deadline)


def _jwt(settings: Settings, deadline: Deadline) -> Request:
    """Return the login with a JWT, of the methods kubernetes and jwt:
    https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login
    """
    remedy = "the pod needs its ServiceAccount token: check automountServiceAccountToken"
    if settings.jwt_file != SERVICE_ACCOUNT_TOKEN:
        remedy = "check VAULT_JWT_FILE (annotation vault-jwt-file or vault-token-audience)"
    jwt = _file(settings.jwt_file, f"(type=jwt): {remedy}")
    return _login(settings, "login", {"role": settings.role, "jwt": jwt})


def _approle(settings: Settings, deadline: Deadline) -> Request:
    """Return the login of AppRole: https://developer.hashicorp.com/vault/api-docs/auth/approle#login-with-approle"""
    if settings.role_id_file:
        role_id = _file(settings.role_id_file, "(type=approle): check VAULT_APPROLE_ROLE_ID_FILE")
    else:
        role_id = _needed(settings.role_id, "VAULT_APPROLE_ROLE_ID or VAULT_APPROLE_ROLE_ID_FILE")
    body = {"role_id": role_id}
    if settings.secret_id_file:
        body["secret_id"] = _file(
            settings.secret_id_file, "(type=approle): check VAULT_APPROLE_SECRET_ID_FILE"
        )
    elif settings.secret_id:
        body["secret_id"] = settings.secret_id
    return _login(settings, "login", body)


def _certificate(settings: Settings, deadline: Deadline) -> Request:
    """Return the login with a TLS certificate:
    https://developer.hashicorp.com/vault/api-docs/auth/cert#login-with-tls-certificate-method
    """
    _needed(settings.client_certificate, "VAULT_CLIENT_CERT")
    return _login(settings, "login", {} if settings.role == "default" else {"name": settings.role})


def _password(settings: Settings, deadline: Deadline) -> Request:
    """Return the login with a password, of the methods userpass and ldap:
    https://developer.hashicorp.com/vault/api-docs/auth/userpass#login
    """
    user = _needed(settings.username, "VAULT_USERNAME")
    if settings.password_file:
        password = _file(settings.password_file, "(type=password): check VAULT_PASSWORD_FILE")
    else:
        password = _needed(settings.password, "VAULT_PASSWORD or VAULT_PASSWORD_FILE")
    return _login(settings, f"login/{quoted(user)}", {"password": password})


def _aws_ec2(settings: Settings, deadline: Deadline) -> Request:
    from vaultenv.client.clouds.aws import ec2_login

    return _login(settings, "login", ec2_login(settings, deadline))


def _aws_iam(settings: Settings, deadline: Deadline) -> Request:
    from vaultenv.client.clouds.aws import iam_login

    return _login(settings, "login", iam_login(settings, deadline))


def _gcp_gce(settings: Settings, deadline: Deadline) -> Request:
    from vaultenv.client.clouds.gcp import gce_login

    return _login(settings, "login", gce_login(settings, deadline))


def _gcp_iam(settings: Settings, deadline: Deadline) -> Request:
    from vaultenv.client.clouds.gcp import iam_login

    return _login(settings, "login", iam_login(settings, deadline))


def _azure(settings: Settings, deadline: Deadline) -> Request:
    from vaultenv.client.clouds.azure import azure_login

    return _login(settings, "login", azure_login(settings, deadline))


def _needed(value: str, variable: str) -> str:
    if not value:
        raise InvalidSetting(f"{variable} is not set: the chosen VAULT_AUTH_METHOD needs it")
    return value


def _file(path: str, remedy: str) -> str:
    """Return the trimmed content of a file; raise LoginFailed."""
    try:
        text = read_file(path, _LIMIT).decode("utf-8", "replace").strip()
    except OSError as error:
        raise LoginFailed(f"failed to read login data: open {path}: {reason(error)} {remedy}") from None
    if not text:
        raise LoginFailed(f"failed to read login data: {path} is empty {remedy}")
    return text


def _login(settings: Settings, action: str, body: dict[str, str]) -> Request:
    target = f"/v1/auth/{quoted(mount_of(settings))}/{action}"
    return Request("PUT", target, dumps(body), repeatable=True)


METHODS = {
    "jwt": Method("Kubernetes", "kubernetes", _jwt),
    "kubernetes": Method("Kubernetes", "kubernetes", _jwt),
    "approle": Method("AppRole", "approle", _approle),
    "cert": Method("TLS certificate", "cert", _certificate),
    "userpass": Method("userpass", "userpass", _password),
    "ldap": Method("LDAP", "ldap", _password),
    "aws-ec2": Method("AWS EC2", "kubernetes", _aws_ec2),
    "aws-iam": Method("AWS IAM", "kubernetes", _aws_iam),
    "gcp-gce": Method("GCP GCE", "kubernetes", _gcp_gce),
    "gcp-iam": Method("GCP IAM", "kubernetes", _gcp_iam),
    "azure": Method("Azure", "kubernetes", _azure),
}
