"""AWS: the identity of a machine (ec2), or of a role by a signed request to STS (iam).

https://developer.hashicorp.com/vault/api-docs/auth/aws#login; variables and their order as in AWS's own SDKs.
"""

from __future__ import annotations

import time

from vaultenv.basics.digest import sha256
from vaultenv.basics.files import read_file, reason
from vaultenv.client.address import quoted
from vaultenv.client.clouds.fetch import fetch, fetch_json
from vaultenv.client.clouds.identity import signed_identity, sts_address
from vaultenv.errors import LoginFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from vaultenv.basics.deadline import Deadline
    from vaultenv.settings import Settings

_LIMIT = 1024 * 1024


def ec2_login(settings: Settings, deadline: Deadline) -> dict[str, str]:
    """Return the machine's signed identity, with a nonce that only this pod's ServiceAccount can repeat."""
    pkcs7 = _metadata(settings, deadline, "dynamic/instance-identity/pkcs7").replace("\n", "")
    nonce = sha256(_file(settings.jwt_file).encode()).hexdigest()
    return {"role": settings.role, "pkcs7": pkcs7, "nonce": nonce}


def iam_login(settings: Settings, deadline: Deadline) -> dict[str, str]:
    """Return a request to STS for Vault to send, signed with the workload's credentials."""
    region = settings.foreign("AWS_REGION", "AWS_DEFAULT_REGION") or "us-east-1"
    url = settings.foreign("AWS_ENDPOINT_URL_STS") or sts_address(region)
    keys = _credentials(settings, deadline, url)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    server_id = settings.foreign("VAULT_AWS_IAM_SERVER_ID")
    return {"role": settings.role, **signed_identity(url, region, keys, server_id, stamp)}


def _credentials(settings: Settings, deadline: Deadline, sts: str) -> tuple[str, str, str]:
    """Return key id, secret and session token: from variables, a web identity, the container's service, or
    the machine.
    """
    key_id, secret = settings.foreign("AWS_ACCESS_KEY_ID"), settings.foreign("AWS_SECRET_ACCESS_KEY")
    if key_id and secret:
        return key_id, secret, settings.foreign("AWS_SESSION_TOKEN")
    if settings.foreign("AWS_WEB_IDENTITY_TOKEN_FILE"):
        return _web_identity(settings, deadline, sts)
    if uri := settings.foreign("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        token = _file(settings.foreign("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
        return _credentials_in(fetch_json(settings, deadline, uri, {"Authorization": token}), "Token")
    base = "meta-data/iam/security-credentials/"
    role = _metadata(settings, deadline, base).strip()
    return _credentials_in(_json(_metadata(settings, deadline, base + role)), "Token")


def _web_identity(settings: Settings, deadline: Deadline, sts: str) -> tuple[str, str, str]:
    """Return the credentials of the role that the projected ServiceAccount token may assume (IRSA)."""
    token = _file(settings.foreign("AWS_WEB_IDENTITY_TOKEN_FILE"))
    fields = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": settings.foreign("AWS_ROLE_ARN"),
        "RoleSessionName": "vault-env",
        "WebIdentityToken": token,
    }
    query = "&".join(f"{name}={quoted(value).replace('+', '%2B')}" for name, value in fields.items())
    answer = fetch_json(settings, deadline, f"{sts.rstrip('/')}/?{query}", {"Accept": "application/json"})
    response = answer.get("AssumeRoleWithWebIdentityResponse") or {}
    result = response.get("AssumeRoleWithWebIdentityResult") or {}
    return _credentials_in(result.get("Credentials") or {}, "SessionToken")


def _credentials_in(answer: dict[str, Any], token: str) -> tuple[str, str, str]:
    key_id, secret = answer.get("AccessKeyId"), answer.get("SecretAccessKey")
    if not key_id or not secret:
        raise LoginFailed("failed to read login data: AWS's answer holds no credentials")
    return str(key_id), str(secret), str(answer.get(token) or "")


def _metadata(settings: Settings, deadline: Deadline, path: str) -> str:
    """Return a text of the machine's metadata, by IMDSv2."""
    base = settings.foreign("AWS_EC2_METADATA_SERVICE_ENDPOINT") or "http://169.254.169.254"
    latest = f"{base.rstrip('/')}/latest"
    lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    token = fetch(settings, deadline, f"{latest}/api/token", lifetime, "PUT", "").decode("ascii", "replace")
    answer = fetch(settings, deadline, f"{latest}/{path}", {"X-aws-ec2-metadata-token": token.strip()})
    return answer.decode("utf-8", "replace")


def _json(text: str) -> dict[str, Any]:
    from vaultenv.client.answers import body_of

    return body_of(text.encode())


def _file(path: str) -> str:
    try:
        return read_file(path, _LIMIT).decode("utf-8", "replace").strip()
    except OSError as error:
        raise LoginFailed(f"failed to read login data: open {path}: {reason(error)} (type=aws)") from None
