"""Logins to Vault as a Google service account that a ServiceAccount may impersonate (Workload Identity of GKE).

Google exchanges the ServiceAccount's token for one of its own, and that for an identity token of the service account.
The operator's node never logs in: whoever may write a VaultAuth would log in as the node.
https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests

from vaultenv.client.answers import body_of
from vaultkube.deadline import Deadline
from vaultkube.sync_resources.methods import GcpLogin
from vaultsync.errors import ReferenceRefused, VaultDenied
from vaultsync.vault.clouds import fetch
from vaultsync.vault.source import Source

_ACCOUNT = "iam.gke.io/gcp-service-account"
_TYPE = "urn:ietf:params:oauth:token-type"


class Google:
    """Sends requests to Google's token services, and to the node's metadata server."""

    def __init__(
        self,
        sts: str = "https://sts.googleapis.com",
        credentials: str = "https://iamcredentials.googleapis.com",
        metadata: str = "http://metadata.google.internal",
    ) -> None:
        self._sts = sts
        self._credentials = credentials
        self._metadata = metadata

    def attribute(self, path: str, field: str, deadline: Deadline) -> str:
        """Return the value of the node's metadata at `path`; raise VaultDenied or VaultAway, which name the field to set."""
        url = f"{self._metadata}/computeMetadata/v1/{path}"
        request = requests.Request("GET", url, {"Metadata-Flavor": "Google"})
        advice = f"set gcp.{field} of the VaultAuth"
        return fetch(request, deadline, refused=advice, away=advice).decode("utf-8", "replace").strip()

    def exchange(self, token: str, audience: str, deadline: Deadline) -> str:
        """Return Google's access token in exchange for a Kubernetes token; raise VaultDenied or VaultAway."""
        body = {
            "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": audience,
            "scope": "https://www.googleapis.com/auth/iam",
            "requestedTokenType": f"{_TYPE}:access_token",
            "subjectToken": token,
            "subjectTokenType": f"{_TYPE}:jwt",
        }
        refused = "are projectID, region and clusterName of the VaultAuth those of this cluster, with Workload Identity?"
        return self._post(f"{self._sts}/v1/token", body, {}, "access_token", refused, deadline)

    def identity_token(self, account: str, audience: str, access: str, deadline: Deadline) -> str:
        """Return an identity token of the service account; raise VaultDenied or VaultAway."""
        url = f"{self._credentials}/v1/projects/-/serviceAccounts/{quote(account, safe='@')}:generateIdToken"
        refused = f"has the ServiceAccount roles/iam.workloadIdentityUser on {account}?"
        headers = {"Authorization": f"Bearer {access}"}
        body = {"audience": audience, "includeEmail": True}
        return self._post(url, body, headers, "token", refused, deadline)

    def _post(
        self,
        url: str,
        body: Mapping[str, object],
        headers: Mapping[str, str],
        wanted: str,
        refused: str,
        deadline: Deadline,
    ) -> str:
        request = requests.Request("POST", url, headers, json=body)
        away = "can the operator reach Google's services?"
        token = body_of(fetch(request, deadline, refused=refused, away=away)).get(wanted)
        if not isinstance(token, str) or not token:
            raise VaultDenied(f"{url}: the answer holds no {wanted}")
        return token


def gcp_body(
    login: GcpLogin, namespace: str, source: Source, deadline: Deadline, google: Google
) -> dict[str, Any]:
    """Return the body of a login; raise ReferenceRefused for an unusable ServiceAccount, VaultDenied or VaultAway."""
    name = f"ServiceAccount {namespace}/{login.service_account}"
    found = source.get("ServiceAccount", namespace, login.service_account, deadline)
    account = (((found or {}).get("metadata") or {}).get("annotations") or {}).get(_ACCOUNT)
    if not account:
        raise ReferenceRefused(f"{name} does not exist, or has no annotation {_ACCOUNT}")
    project = login.project_id or google.attribute("project/project-id", "projectID", deadline)
    place = "instance/attributes/cluster-"
    region = login.region or google.attribute(f"{place}location", "region", deadline)
    cluster = login.cluster_name or google.attribute(f"{place}name", "clusterName", deadline)
    pool = f"{project}.svc.id.goog"
    token = source.create_token(namespace, login.service_account, [pool], deadline)
    if token is None:
        raise ReferenceRefused(
            f"{name} no longer exists: correct workloadIdentityServiceAccount of the VaultAuth"
        )
    provider = f"https://container.googleapis.com/v1/projects/{project}/locations/{region}/clusters/{cluster}"
    access = google.exchange(token, f"identitynamespace:{pool}:{provider}", deadline)
    jwt = google.identity_token(account, f"https://vault/{login.role}", access, deadline)
    return {"role": login.role, "jwt": jwt}
