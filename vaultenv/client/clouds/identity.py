"""The request that proves the identity of a role of AWS: signed here, sent by Vault. Pure.

https://developer.hashicorp.com/vault/api-docs/auth/aws#login
"""

from __future__ import annotations

from binascii import b2a_base64

from vaultenv.basics.jsontext import dumps
from vaultenv.client.address import parse_address
from vaultenv.client.clouds.signature import authorization

_BODY = "Action=GetCallerIdentity&Version=2011-06-15"
_FORM = "application/x-www-form-urlencoded; charset=utf-8"


def sts_address(region: str) -> str:
    """Return the address of a region's token service."""
    return f"https://sts.{region}.amazonaws.com"


def signed_identity(
    url: str, region: str, keys: tuple[str, str, str], server_id: str, stamp: str
) -> dict[str, str]:
    """Return the fields of a login by a request to STS at `url`; `keys` are key id, secret and session token.

    `server_id` is the header value that Vault's role may require, `stamp` the time in the form of X-Amz-Date.
    """
    key_id, secret, session = keys
    headers = {"Content-Type": _FORM, "Host": parse_address(url, "the address of STS").authority}
    headers["X-Amz-Date"] = stamp
    if session:
        headers["X-Amz-Security-Token"] = session
    if server_id:
        headers["X-Vault-AWS-IAM-Server-ID"] = server_id
    signed = authorization(headers, _BODY, region, "sts", key_id, secret, stamp)
    return {
        "iam_http_request_method": "POST",
        "iam_request_url": _base64(url.rstrip("/") + "/"),
        "iam_request_body": _base64(_BODY),
        "iam_request_headers": _base64(dumps({**headers, "Authorization": signed})),
    }


def _base64(text: str) -> str:
    return b2a_base64(text.encode(), newline=False).decode()
