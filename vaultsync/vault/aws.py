"""Logins to Vault as a role of AWS: with keys of a Secret, or as a ServiceAccount that may assume a role (IRSA).

The operator's node never logs in: whoever may write a VaultAuth could have requests signed as the node.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests

from vaultenv.client.answers import body_of
from vaultenv.client.clouds.identity import signed_identity, sts_address
from vaultenv.errors import InvalidSetting
from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded
from vaultkube.sync_resources.methods import AwsLogin
from vaultsync.errors import ReferenceRefused, VaultDenied
from vaultsync.vault.clouds import fetch
from vaultsync.vault.source import Source

Keys = tuple[str, str, str]
"""Key id, secret and session token."""
Fields = Mapping[str, str]
Assume = Callable[[str, Fields, Deadline], Mapping[str, Any]]
"""Sends a form to an address of STS and returns the JSON object of the answer."""

_AUDIENCE = "sts.amazonaws.com"
_REGION, _SESSION = "us-east-1", "vault-webhook-sync"
_STS = re.compile(r"https://sts(-fips)?(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?/?")
"""Addresses that may receive a token of a ServiceAccount."""
_ROLE, _ANNOTATED_AUDIENCE = "eks.amazonaws.com/role-arn", "eks.amazonaws.com/audience"


def call_sts(address: str, fields: Fields, deadline: Deadline) -> Mapping[str, Any]:
    """Return the answer of STS; raise VaultDenied or VaultAway, without a sent value in the message."""
    request = requests.Request("POST", f"{address.rstrip('/')}/", {"Accept": "application/json"}, data=fields)
    refused = "does the role trust the ServiceAccount (AssumeRoleWithWebIdentity)?"
    return body_of(fetch(request, deadline, refused=refused, away="check stsEndpoint of the VaultAuth"))


def aws_body(
    login: AwsLogin, namespace: str, source: Source, deadline: Deadline, assume: Assume = call_sts
) -> dict[str, Any]:
    """Return the body of a login; raise ReferenceRefused for an unusable reference or address, VaultDenied or VaultAway."""
    region = login.region or _REGION
    address = login.sts_endpoint or sts_address(region)
    if login.secret:
        keys = _keys_in_secret(login, namespace, source, deadline)
    else:
        keys = _assumed(login, namespace, address, source, deadline, assume)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    try:
        return {"role": login.role, **signed_identity(address, region, keys, login.header_value, stamp)}
    except InvalidSetting:
        raise ReferenceRefused("stsEndpoint of the VaultAuth is no address: https://HOST[:PORT]") from None


def _keys_in_secret(login: AwsLogin, namespace: str, source: Source, deadline: Deadline) -> Keys:
    found = source.get("Secret", namespace, login.secret, deadline)
    data = (found or {}).get("data") or {}
    names = ("access_key_id", "secret_access_key", "session_token")
    key_id, secret, session = ((decoded(data.get(name)) or b"").decode("utf-8", "replace") for name in names)
    if not key_id or not secret:
        raise ReferenceRefused(
            f"Secret {namespace}/{login.secret} does not exist, or has no keys 'access_key_id' and 'secret_access_key'"
        )
    return key_id.strip(), secret.strip(), session.strip()


def _assumed(
    login: AwsLogin, namespace: str, address: str, source: Source, deadline: Deadline, assume: Assume
) -> Keys:
    """Return temporary keys of the role in the ServiceAccount's annotation."""
    name = f"ServiceAccount {namespace}/{login.service_account}"
    if not _STS.fullmatch(address):
        raise ReferenceRefused(
            f"stsEndpoint {address} is not one of AWS's: a token of {name} is sent only to https://sts.REGION.amazonaws.com"
        )
    account = source.get("ServiceAccount", namespace, login.service_account, deadline)
    annotations = ((account or {}).get("metadata") or {}).get("annotations") or {}
    role, audience = annotations.get(_ROLE), annotations.get(_ANNOTATED_AUDIENCE) or _AUDIENCE
    token = source.create_token(namespace, login.service_account, [audience], deadline) if role else None
    if not role or not token:
        raise ReferenceRefused(f"{name} does not exist, or has no annotation {_ROLE}")
    fields = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": role,
        "RoleSessionName": login.session_name or _SESSION,
        "WebIdentityToken": token,
    }
    answer = assume(address, fields, deadline)
    response = answer.get("AssumeRoleWithWebIdentityResponse") or {}
    credentials = (response.get("AssumeRoleWithWebIdentityResult") or {}).get("Credentials") or {}
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    key_id, secret, session = (str(credentials.get(each) or "") for each in names)
    if not key_id or not secret:
        raise VaultDenied(f"{address}: the answer of STS holds no credentials")
    return key_id, secret, session
