"""What each auth method sends to log in (https://developer.hashicorp.com/vault/api-docs/auth)."""

from vaultenv.client.address import quoted
from vaultenv.client.http import Request
from vaultenv.errors import InvalidSetting, LoginFailed
from vaultenv.files import read_file, reason
from vaultenv.jsontext import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from vaultenv.settings import Settings

_TOKEN_LIMIT = 1024 * 1024


def login_request(settings: "Settings") -> Request:
    """The request of the configured method; reads its files anew.

    Raises InvalidSetting for an unknown method, LoginFailed for what cannot be read.
    """
    method = METHODS.get(settings.auth_method)
    if method is None:
        known = ", ".join(METHODS)
        raise InvalidSetting(f"VAULT_AUTH_METHOD is {settings.auth_method!r}: write one of {known}")
    return method(settings)


def method_title(name: str) -> str:
    """The method's name in messages."""
    return {"jwt": "Kubernetes", "kubernetes": "Kubernetes"}.get(name, name)


def _jwt(settings: "Settings") -> Request:
    """https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login; the jwt method takes the same."""
    try:
        jwt = read_file(settings.jwt_file, _TOKEN_LIMIT).decode("ascii", "replace").strip()
    except OSError as error:
        raise LoginFailed(
            f"failed to read login data: open {settings.jwt_file}: {reason(error)} (type=jwt): the pod needs "
            "its ServiceAccount token: check serviceAccountName and automountServiceAccountToken"
        ) from None
    if not jwt:
        raise LoginFailed(f"failed to read login data: {settings.jwt_file} is empty (type=jwt)")
    return _login(settings, {"role": settings.role, "jwt": jwt})


def _login(settings: "Settings", body: dict[str, object]) -> Request:
    return Request("PUT", f"/v1/auth/{quoted(settings.auth_mount)}/login", dumps(body), repeatable=True)


METHODS: "dict[str, Callable[[Settings], Request]]" = {"jwt": _jwt, "kubernetes": _jwt}
