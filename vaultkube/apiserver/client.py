"""A small client of the Kubernetes API: objects, nodes, Events, tokens of ServiceAccounts, and rights of users.

https://kubernetes.io/docs/reference/kubernetes-api/
"""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast
from urllib.parse import quote

import requests

from vaultkube.apiserver.access import Right, subject_access_review
from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.apiserver.nodes import TABLE, nodes_of
from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, MissingRight
from vaultkube.net.bounded import BoundedClient
from vaultkube.net.failures import verification_problem
from vaultkube.net.tls import client_context, load_client_certificate
from vaultkube.wire.nodes import Node
from vaultkube.wire.objects import Event, KubernetesObject
from vaultkube.wire.reviews import UserInfo

_log = logging.getLogger(__name__)
_CONFLICT = 409
_BODY_LIMIT = 8 << 20
_TOKEN_LIFETIME_S = 600
_PAGE = 500
_JSON = "application/json"
_SMALL_PAGE = 100
"""Objects in one answer where they are long, such as pods with 10 to 20 KiB, or where the memory of the caller is short."""
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Objects without spec and status: https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches"""
_PLURALS = {"ConfigMap": "configmaps", "Secret": "secrets", "ServiceAccount": "serviceaccounts"}


class BoundPod(NamedTuple):
    """The pod that a token is bound to: the token ends with it."""

    name: str
    uid: str


@dataclass(frozen=True)
class Request:
    """A request that needs `right`; `what` names it in errors."""

    method: str
    path: str
    what: str
    right: Right
    body: Mapping[str, object] | Sequence[object] | None = None
    accept: str = _JSON
    content_type: str = _JSON


@dataclass(frozen=True)
class Answer:
    """The status of an answer, and its JSON object, empty for anything else."""

    status: int
    document: Mapping[str, Any]


class Cluster:
    """A connection to one API server; safe to share between threads. `caller` is who lacks a right, in messages."""

    def __init__(
        self,
        connection: Connection,
        strict_tls: bool = False,
        caller: str = "the webhook's ServiceAccount",
        observe: Callable[[str, float], None] = lambda _outcome, _seconds: None,
    ) -> None:
        """`observe` is called with each request's outcome, ok, refused or unavailable, and the seconds that it took."""
        self._observe = observe
        self._caller = caller
        self._connection = connection
        self._strict_tls = strict_tls
        self._bounded_client: BoundedClient | None = None
        self._version: list[int] = []
        self._not_ready = ""

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> KubernetesObject | None:
        """Return the ConfigMap, Secret or ServiceAccount, None if it does not exist; raise ClusterUnavailable or MissingRight."""
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/{_PLURALS[kind]}/{quote(name, safe='')}"
        right = Right("get", _PLURALS[kind], namespace)
        found = self._find(Request("GET", path, f"{kind} {namespace}/{name}", right), deadline)
        return cast("KubernetesObject | None", found)

    def create(self, kind: str, namespace: str, document: Mapping[str, object], deadline: Deadline) -> bool:
        """Create the ConfigMap, Secret or ServiceAccount; return False if there is one of its name.

        Raises ClusterUnavailable or MissingRight.
        """
        right = Right("create", _PLURALS[kind], namespace)
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/{_PLURALS[kind]}"
        return self._written(Request("POST", path, f"a new {kind} in {namespace}", right, document), deadline)

    def read(self, resource: Resource, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        """Return the object, None if it does not exist; raise ClusterUnavailable or MissingRight."""
        right = resource.right("get", name)
        return self._find(Request("GET", resource.path(name), resource.called(name), right), deadline)

    def add(self, resource: Resource, document: Mapping[str, Any], deadline: Deadline) -> bool:
        """Create the object; return False if there is one of its name; raise ClusterUnavailable or MissingRight."""
        what = f"new {resource.called(document['metadata']['name'])}"
        return self._written(
            Request("POST", resource.path(), what, resource.right("create"), document), deadline
        )

    def replace(self, resource: Resource, document: Mapping[str, Any], deadline: Deadline) -> bool:
        """Put the document in the place of the object that it was made from, by its resourceVersion.

        Returns False if that has changed or gone meanwhile; raises ClusterUnavailable or MissingRight.
        """
        name = document["metadata"]["name"]
        right = resource.right("update", name)
        return self._written(
            Request("PUT", resource.path(name), resource.called(name), right, document), deadline
        )

    def dry_run(
        self, resource: Resource, document: Mapping[str, Any], deadline: Deadline
    ) -> tuple[int, Mapping[str, Any]]:
        """Return the status and the document with which the API server would answer the creation of the object.

        Nothing is stored; a refusal, also for want of a right, is an answer. Raises ClusterUnavailable.
        """
        what = f"a dry run of {resource.called(document['metadata']['name'])}"
        path = f"{resource.path()}?dryRun=All"
        request = Request("POST", path, what, resource.right("create"), document)
        answer = self._request(request, deadline)
        return answer.status, answer.document

    def _written(self, request: Request, deadline: Deadline) -> bool:
        answer = self._request(request, deadline)
        return answer.status != _CONFLICT and self._document(request, answer) is not None

    def create_token(
        self,
        namespace: str,
        service_account: str,
        audiences: list[str],
        deadline: Deadline,
        pod: BoundPod | None = None,
    ) -> str | None:
        """Return a token of the ServiceAccount for ten minutes, or None if there is no such ServiceAccount or pod.

        No audience stands for the API server's own. TokenRequest: authentication.k8s.io/v1.
        """
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/serviceaccounts/{quote(service_account, safe='')}/token"
        bound = {"apiVersion": "v1", "kind": "Pod", **pod._asdict()} if pod else None
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {
                "audiences": audiences,
                "expirationSeconds": _TOKEN_LIFETIME_S,
                "boundObjectRef": bound,
            },
        }
        what = f"a token of ServiceAccount {namespace}/{service_account}"
        right = Right("create", "serviceaccounts", namespace, "token")
        document = self._find(Request("POST", path, what, right, body), deadline)
        return None if document is None else str(document["status"]["token"])

    def is_allowed(self, user_info: UserInfo, right: Right, deadline: Deadline) -> bool:
        """Return whether the user of this UserInfo has the right; raise ClusterUnavailable or MissingRight."""
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        own, body = Right("create", "subjectaccessreviews"), subject_access_review(user_info, right)
        document = self._found(Request("POST", path, "a SubjectAccessReview", own, body), deadline)
        return document["status"].get("allowed") is True

    def list_nodes(self, deadline: Deadline) -> Iterator[Node]:
        """Yield every node as `nodes_of` says; raise ClusterUnavailable or MissingRight."""
        request = Request("GET", "/api/v1/nodes?", "the nodes", Right("list", "nodes"), accept=TABLE)
        for page in self._pages(request, deadline):
            yield from nodes_of(page)

    def list_pods_of_node(self, node: str, deadline: Deadline) -> set[str]:
        """Return the uid of every pod that is bound to the node; raise ClusterUnavailable or MissingRight."""
        path = f"/api/v1/pods?fieldSelector={quote(f'spec.nodeName={node}', safe='')}&"
        request = Request("GET", path, f"the pods of node {node}", Right("list", "pods"), accept=_METADATA)
        return {
            item["metadata"]["uid"]
            for page in self._pages(request, deadline, _SMALL_PAGE)
            for item in page.get("items") or ()
        }

    def list_objects(
        self, api_version: str, plural: str, namespace: str, deadline: Deadline, *, labelled: str = ""
    ) -> Iterator[Mapping[str, Any]]:
        """Yield every object of a kind, in all namespaces for ""; none of a kind that the API server does not know.

        Of those that a selector of labels chooses, the metadata alone. Their kind and apiVersion are missing, or not their
        own. Raises ClusterUnavailable or MissingRight.
        """
        prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        query = f"labelSelector={quote(labelled, safe='')}&" if labelled else ""
        request = Request(
            "GET",
            f"{prefix}{scope}/{plural}?{query}",
            plural,
            Right("list", plural, namespace),
            accept=_METADATA if labelled else _JSON,
        )
        for page in self._pages(request, deadline, _SMALL_PAGE, may_be_unknown=True):
            yield from page.get("items") or ()

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """Return the answer to a request of the caller's own, whatever its status; raise ClusterUnavailable."""
        return self._request(request, deadline)

    def create_event(self, namespace: str, event: Event, deadline: Deadline) -> None:
        """Create an Event (events.k8s.io/v1) in the namespace; raise ClusterUnavailable or MissingRight."""
        path = f"/apis/events.k8s.io/v1/namespaces/{quote(namespace, safe='')}/events"
        right = Right("create", "events", namespace)
        self._found(Request("POST", path, f"an Event in {namespace}", right, event), deadline)

    def ready(self, deadline: Deadline) -> bool:
        """Return whether the API server answers; the log says why not, once for each reason."""
        try:
            self._found(Request("GET", "/version", "the version", Right("get", "/version")), deadline)
            problem = ""
        except (ClusterUnavailable, MissingRight) as error:
            problem = str(error)
        if problem and problem != self._not_ready:
            _log.warning("not ready: %s", problem)
        self._not_ready = problem
        return not problem

    def _pages(
        self, request: Request, deadline: Deadline, limit: int = _PAGE, *, may_be_unknown: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the parts of a list, whose path ends where a query may go on.

        None where the API server does not know the kind, if it `may_be_unknown`; else that is ClusterUnavailable.
        """
        page = ""
        while True:
            path = f"{request.path}limit={limit}&continue={quote(page, safe='')}"
            part = replace(request, path=path)
            is_optional = may_be_unknown and not page
            found = (self._find if is_optional else self._found)(part, deadline)
            if found is None:
                return
            yield found
            page = (found.get("metadata") or {}).get("continue") or ""
            if not page:
                return

    def _found(self, request: Request, deadline: Deadline) -> Mapping[str, Any]:
        document = self._find(request, deadline)
        if document is None:
            raise ClusterUnavailable(f"the API server answered 404 for {request.what}; try again")
        return document

    def _find(self, request: Request, deadline: Deadline) -> Mapping[str, Any] | None:
        """Return the answer's document, None if the API server knows no such thing."""
        return self._document(request, self._request(request, deadline))

    def _document(self, request: Request, answer: Answer) -> Mapping[str, Any] | None:
        if answer.status == 404:
            return None
        if answer.status == 403:
            raise MissingRight(
                f"{self._caller} may not {request.right} (for {request.what}); "
                "bind the ClusterRole that lets it: docs/security.md"
            )
        if answer.status not in (200, 201):
            raise ClusterUnavailable(f"the API server answered {answer.status} for {request.what}; try again")
        return answer.document

    def _request(self, request: Request, deadline: Deadline) -> Answer:
        started, outcome = time.monotonic(), "unavailable"
        try:
            answer = self._answer(request, deadline)
            outcome = "ok" if answer.status < 400 else "refused" if answer.status < 500 else "unavailable"
            return answer
        finally:
            self._observe(outcome, time.monotonic() - started)

    def _answer(self, request: Request, deadline: Deadline) -> Answer:
        try:
            try:
                return self._exchange(request, deadline)
            except (requests.ConnectionError, requests.Timeout):
                if deadline.passed():
                    raise
                # Perhaps a keep-alive connection that is dead; every request here can be sent twice.
                return self._exchange(request, deadline)
        except (requests.RequestException, OSError, ValueError) as error:
            reason = verification_problem(error)
            cause = type(error).__name__ + (f": {reason}" if reason else "")
            raise ClusterUnavailable(
                f"the API server did not answer for {request.what} ({cause}); try again"
            ) from error

    def _exchange(self, request: Request, deadline: Deadline) -> Answer:
        if not deadline.remaining_s():
            raise ClusterUnavailable(f"no time was left to read {request.what}; try again")
        prepared = requests.Request(
            request.method,
            self._connection.server + request.path,
            headers={**self._connection.headers(), "Accept": request.accept},
            json=request.body,
        ).prepare()
        if request.body is not None:
            prepared.headers["Content-Type"] = request.content_type
        response = self._client().exchange(prepared, deadline.remaining_s())
        return Answer(response.status_code, _document(response))

    def _client(self) -> BoundedClient:
        """Return the client for the CA and certificate that the files hold now: they may have been rotated."""
        ca, certificate = self._connection.ca, self._connection.client_certificate
        version = [pem.version() for pem in (ca, *(certificate or ()))]
        if self._bounded_client is None or version != self._version:
            context = client_context(
                ca.read(), verify=not self._connection.skip_verify, strict=self._strict_tls
            )
            if certificate:
                load_client_certificate(context, *certificate)
            self._bounded_client, self._version = BoundedClient(context, _BODY_LIMIT, repeats=True), version
        return self._bounded_client


def _document(response: requests.Response) -> Mapping[str, Any]:
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    document = json.loads(response.content) if is_json else {}
    return document if isinstance(document, dict) else {}
