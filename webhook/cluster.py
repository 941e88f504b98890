"""The Kubernetes API: what the webhook reads from it, and tokens of ServiceAccounts.

https://kubernetes.io/docs/reference/kubernetes-api/
"""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from webhook.deadline import Deadline
from webhook.errors import ClusterUnavailable
from webhook.kubeconfig import Connection

_BODY_LIMIT = 8 << 20
_TOKEN_LIFETIME_S = 600
_PAGE = 500
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_PLURALS = {"ConfigMap": "configmaps", "Secret": "secrets", "ServiceAccount": "serviceaccounts"}


@dataclass(frozen=True)
class _Answer:
    status: int
    document: Mapping[str, Any]


class Cluster:
    """A connection to one API server; safe to share between threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._local = threading.local()

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        """Return the ConfigMap, Secret or ServiceAccount, or None if there is none; ClusterUnavailable otherwise."""
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/{_PLURALS[kind]}/{quote(name, safe='')}"
        what = f"{kind} {namespace}/{name}"
        answer = self._request("GET", path, None, what, deadline)
        if answer.status == 404:
            return None
        return self._checked(answer, what)

    def create_token(
        self, namespace: str, service_account: str, audiences: list[str], deadline: Deadline
    ) -> str | None:
        """Return a token of the ServiceAccount for ten minutes, or None if there is no such ServiceAccount.

        No audience stands for the API server's own. TokenRequest: authentication.k8s.io/v1.
        """
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/serviceaccounts/{quote(service_account, safe='')}/token"
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": audiences, "expirationSeconds": _TOKEN_LIFETIME_S},
        }
        what = f"a token of ServiceAccount {namespace}/{service_account}"
        answer = self._request("POST", path, body, what, deadline)
        if answer.status == 404:
            return None
        return str(self._checked(answer, what)["status"]["token"])

    def list_nodes(self, deadline: Deadline) -> Iterator[Mapping[str, Any]]:
        """Yield the metadata of every node; ClusterUnavailable if they may not be read."""
        page = ""
        while True:
            path = f"/api/v1/nodes?limit={_PAGE}&continue={quote(page, safe='')}"
            found = self._checked(
                self._request("GET", path, None, "the nodes", deadline, _METADATA), "the nodes"
            )
            yield from found.get("items") or ()
            page = (found.get("metadata") or {}).get("continue") or ""
            if not page:
                return

    def create_event(self, namespace: str, event: Mapping[str, Any], deadline: Deadline) -> None:
        """Create an Event (events.k8s.io/v1) in the namespace; ClusterUnavailable if that fails."""
        path = f"/apis/events.k8s.io/v1/namespaces/{quote(namespace, safe='')}/events"
        what = f"an Event in {namespace}"
        self._checked(self._request("POST", path, event, what, deadline), what)

    def ready(self, deadline: Deadline) -> bool:
        """Whether the API server answers."""
        try:
            return self._request("GET", "/version", None, "the version", deadline).status == 200
        except ClusterUnavailable:
            return False

    def _checked(self, answer: _Answer, what: str) -> Mapping[str, Any]:
        if answer.status == 403:
            raise ClusterUnavailable(f"the webhook may not read {what}; check its ClusterRole (manifests/)")
        if answer.status not in (200, 201):
            raise ClusterUnavailable(f"the API server answered {answer.status} for {what}; try again")
        return answer.document

    def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        what: str,
        deadline: Deadline,
        accept: str = "application/json",
    ) -> _Answer:
        try:
            try:
                return self._exchange(method, path, body, what, deadline, accept)
            except requests.ConnectionError:
                if deadline.passed():
                    raise
                # A kept connection, perhaps, that the API server has closed; what is asked can be asked twice.
                return self._exchange(method, path, body, what, deadline, accept)
        except (requests.RequestException, OSError, ValueError) as error:
            raise ClusterUnavailable(
                f"the API server did not answer for {what} ({type(error).__name__}); try again"
            ) from error

    def _exchange(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        what: str,
        deadline: Deadline,
        accept: str,
    ) -> _Answer:
        timeout_s = deadline.remaining_s()
        if not timeout_s:
            raise ClusterUnavailable(f"no time was left to read {what}; try again")
        with self._session().request(
            method,
            self._connection.server + path,
            json=body,
            headers={**self._connection.headers(), "Accept": accept},
            timeout=timeout_s,
            stream=True,
            allow_redirects=False,
        ) as response:
            return _Answer(response.status_code, _read_json(response, deadline))

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.verify = self._connection.ca_file or True
            session.cert = self._connection.client_certificate
            self._local.session = session
        return session


def _read_json(response: requests.Response, deadline: Deadline) -> Mapping[str, Any]:
    body = bytearray()
    for chunk in response.iter_content(65536):
        body += chunk
        if len(body) > _BODY_LIMIT or deadline.passed():
            raise ValueError("the answer is too long or too slow")
    document = (
        json.loads(bytes(body))
        if response.headers.get("Content-Type", "").startswith("application/json")
        else {}
    )
    return document if isinstance(document, dict) else {}
