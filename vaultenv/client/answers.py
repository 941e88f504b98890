"""Interpretation of Vault's answers: a secret, or an error with its cause and remedy. Shared by both clients.

Status codes: https://developer.hashicorp.com/vault/api-docs#http-status-codes
"""

from __future__ import annotations

from vaultenv.basics.jsontext import loads
from vaultenv.errors import (
    NotVault,
    PermissionRefused,
    RequestRefused,
    SecretNotFound,
    TokenRefused,
    VaultEnvError,
    VaultUnavailable,
)
from vaultenv.references.secret import Secret, secret_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Body = dict[str, Any]

MOUNTS = "sys/internal/ui/mounts"
_SHOWN = 240
_NOT_ALLOWED = 405
_BAD_TOKEN = "invalid token"  # noqa: S105 (Vault's words)
_ENVELOPE = ("request_id", "lease_id", "data", "warnings", "auth", "wrap_info", "errors")
"""The fields of an answer about a secret; the few answers without all of them are data themselves, such as a JWKS."""
_HTTPS_ONLY = (
    b"Client sent an HTTP request to an HTTPS server",
    b"plain HTTP request was sent to HTTPS port",
)
"""Words of Go's server, which is Vault's, and of nginx."""
_NOT_JSON = "the answer is not JSON: is this the address of Vault?"


def body_of(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body; an empty object for any other body."""
    try:
        value = loads(body) if body else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def data_of(body: Mapping[str, Any]) -> Body:
    """Return the data in the JSON object of an answer; an empty object if there is none."""
    data = body.get("data")
    return data if isinstance(data, dict) else {}


def auth_of(body: Body) -> Body:
    """Return the login, or the renewed token, in the JSON object of an answer; an empty object if there is none."""
    auth = body.get("auth")
    return auth if isinstance(auth, dict) else {}


def is_https_only(body: bytes) -> bool:
    """Return whether a server answers a request without TLS so because it serves only HTTPS."""
    return any(words in body for words in _HTTPS_ONLY)


def error_messages(body: bytes) -> str:
    """Return Vault's own error messages in one short, printable line."""
    if is_https_only(body):
        return "Client sent an HTTP request to an HTTPS server: write https:// in the address"
    errors = body_of(body).get("errors")
    text = ", ".join(str(error) for error in errors) if isinstance(errors, list) else ""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line[:_SHOWN] + ("…" if len(line) > _SHOWN else "")


def refusal(method: str, url: str, status: int, body: bytes) -> str:
    """Return the line with which Vault's own client reports an error answer."""
    return f"Error making API request - {method} {url} Code: {status}. Errors: {error_messages(body) or 'none given'}"


def cannot_answer(status: int) -> bool:
    """Return whether Vault cannot answer now: it is sealed, standby, starting or overloaded."""
    return status in (412, 429, 472, 473) or status >= 500 or is_redirect(status)


def is_unknown_token(status: int, body: bytes) -> bool:
    """Return whether Vault does not know the token of a request: it has ended or was revoked."""
    return status == 403 and _BAD_TOKEN in error_messages(body)


def is_redirect(status: int) -> bool:
    """Return whether the answer redirects to another address: that of the active Vault, if a standby does not forward."""
    return 300 <= status < 400


def outage(status: int) -> str:
    """Return why Vault cannot answer now, with a remedy if waiting does not help."""
    if is_redirect(status):
        return (
            "it redirects to another address, where the token does not follow: give the address of the active Vault, "
            "or of its load balancer"
        )
    return "Vault cannot answer now"


def secret_or_error(
    method: str, url: str, path: str, status: int, body: bytes, mount_of: Callable[[str], str]
) -> Secret | VaultEnvError:
    """Return the secret in an answer to a read or write of `path`, or the error that the answer means.

    `mount_of` returns the mount of a path, or "" if it is unknown, for advice about paths of KV version 2.
    """
    whole = body_of(body)
    return _secret_in(whole, path, status, body, mount_of) or error_of(method, url, path, status, body)


def body_or_error(
    method: str, url: str, path: str, status: int, body: bytes, mount_of: Callable[[str], str]
) -> Body | VaultEnvError:
    """Return the whole JSON object of an answer with a secret, a token or a wrapped one, else the error of
    `secret_or_error`; a deleted version is not found. An object of another form is the data, as with Vault's own client.
    """
    whole = body_of(body)
    if status < 300 and (whole.get("auth") or whole.get("wrap_info")):
        return whole
    if status == 200 and whole and not any(field in whole for field in _ENVELOPE):
        return {"data": whole}
    found = _secret_in(whole, path, status, body, mount_of)
    if found is None:
        return error_of(method, url, path, status, body)
    if isinstance(found, SecretNotFound):
        return SecretNotFound(f"{found} (Code: {status})")
    if found.deleted:
        return SecretNotFound(f"path not found: {path}: {found.loss()} (Code: {status})")
    return whole


def _secret_in(
    whole: Body, path: str, status: int, body: bytes, mount_of: Callable[[str], str]
) -> Secret | SecretNotFound | None:
    """Return the secret in the JSON object `whole` of a body, SecretNotFound if there is none, None for another error."""
    if status in (200, 203, 404):
        secret = secret_of(whole)
        if secret is not None:
            return secret
    if status == 204 or (status == 404 and whole):
        return SecretNotFound(f"path not found: {path}: {_advice(path, whole, mount_of)}")
    if status < 300 and (whole or not body):
        return SecretNotFound(f"path not found: {path}: the answer holds no data")
    return None


def _advice(path: str, whole: Body, mount_of: Callable[[str], str]) -> str:
    warnings = whole.get("warnings")
    if isinstance(warnings, list) and any("versioned K/V" in str(warning) for warning in warnings):
        mount = mount_of(path).strip("/") or path.partition("/")[0]
        rest = path[len(mount) + 1 :]
        return f"this is KV version 2, whose paths have data/ after the mount: write {mount}/data/{rest}"
    return (
        "nothing is stored there or not in that version, or no secrets engine is mounted: correct the reference, "
        "or write the secret"
    )


def mount_in(body: bytes) -> str:
    """Return the mount in an answer of sys/internal/ui/mounts, or ""."""
    return str(data_of(body_of(body)).get("path") or "")


def error_of(method: str, url: str, path: str, status: int, body: bytes) -> VaultEnvError:
    """Return the error for an unsuccessful answer to a read or write of `path`, or for one that is not from Vault."""
    line = refusal(method, url, status, body)
    if is_unknown_token(status, body):
        return TokenRefused(
            f"{line}: 403 permission denied: the token has ended or was revoked: give another one"
        )
    if status == 403:
        return PermissionRefused(
            f"{line}: 403 permission denied: the policies of the role must allow {path}; "
            "check vault-role and that this namespace may read the path"
        )
    if status == 503 and "sealed" in error_messages(body):
        return VaultUnavailable(f"{line}: unseal Vault")
    if cannot_answer(status):
        return VaultUnavailable(f"{line}: {outage(status)}")
    if not body_of(body):
        return NotVault(line if is_https_only(body) else f"{line}: {_NOT_JSON}")
    return RequestRefused(f"{line}: {_remedy(method, status)}")


def _remedy(method: str, status: int) -> str:
    """Return the remedy for a request that Vault refuses as wrong."""
    if status != _NOT_ALLOWED:
        return "Vault does not take this request: correct the path, its mount or what is sent there"
    if method == "GET":
        return "this path is for writing: a reference to it begins with >>vault:"
    return "this path is not for writing: read it"
