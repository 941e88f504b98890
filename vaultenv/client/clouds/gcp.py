"""Google Cloud (https://developer.hashicorp.com/vault/api-docs/auth/gcp#login)."""

from __future__ import annotations

import time

from vaultenv.basics.jsontext import dumps
from vaultenv.client.address import quoted
from vaultenv.client.clouds.fetch import fetch, fetch_json
from vaultenv.errors import LoginFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.basics.deadline import Deadline
    from vaultenv.settings import Settings

_FLAVOR = {"Metadata-Flavor": "Google"}
_SIGNER = "https://iamcredentials.googleapis.com"
_VALID_S = 900


def _account(settings: Settings) -> str:
    """Return the metadata address of the default service account; GCE_METADATA_HOST replaces its host, as for
    Google's libraries.
    """
    host = settings.foreign("GCE_METADATA_HOST") or "metadata.google.internal"
    return f"http://{host}/computeMetadata/v1/instance/service-accounts/default"


def gce_login(settings: Settings, deadline: Deadline) -> dict[str, str]:
    """Return the machine's identity token for this role."""
    audience = quoted(f"http://vault/{settings.role}")
    url = f"{_account(settings)}/identity?audience={audience}&format=full"
    return {
        "role": settings.role,
        "jwt": fetch(settings, deadline, url, _FLAVOR).decode("ascii", "replace").strip(),
    }


def iam_login(settings: Settings, deadline: Deadline) -> dict[str, str]:
    """Return a token that Google signs for the service account and this role."""
    account = _account(settings)
    email = fetch(settings, deadline, f"{account}/email", _FLAVOR).decode("ascii", "replace").strip()
    access = fetch_json(settings, deadline, f"{account}/token", _FLAVOR).get("access_token")
    claims = {"sub": email, "aud": f"vault/{settings.role}", "exp": int(time.time()) + _VALID_S}
    signer = settings.foreign("GCP_IAM_CREDENTIALS_ENDPOINT") or _SIGNER
    url = f"{signer}/v1/projects/-/serviceAccounts/{quoted(email)}:signJwt"
    headers = {"Authorization": f"Bearer {access}"}
    signed = fetch_json(settings, deadline, url, headers, "POST", dumps({"payload": dumps(claims)})).get(
        "signedJwt"
    )
    if not isinstance(signed, str):
        raise LoginFailed("failed to read login data: Google's answer holds no signed token")
    return {"role": settings.role, "jwt": signed}
