"""A small client of the Kubernetes API: objects, nodes, Events, tokens of ServiceAccounts, and rights of users.

https://kubernetes.io/docs/reference/kubernetes-api/
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, cast
from urllib.parse import quote

from vaultkube.apiserver.access import Right, subject_access_review
from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.apiserver.nodes import TABLE, nodes_of
from vaultkube.apiserver.resources import Resource
from vaultkube.apiserver.transport import JSON, METADATA_LIST, Answer, Request, Transport
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, MissingRight
from vaultkube.wire.nodes import Node
from vaultkube.wire.objects import Event, KubernetesObject
from vaultkube.wire.reviews import UserInfo

_log = logging.getLogger(__name__)
_TOKEN_LIFETIME_S = 600
_SMALL_PAGE = 100
"""Page size for long objects, such as pods of 10 to 20 KiB, or for callers with little memory."""
_PLURALS = {"ConfigMap": "configmaps", "Secret": "secrets", "ServiceAccount": "serviceaccounts"}


class BoundPod(NamedTuple):
    """The pod that a token is bound to: the token ends with the pod."""

    name: str
    uid: str


class Cluster:
    """Sends requests to one API server; safe to share between threads. `caller` is the user in messages on missing rights."""

    def __init__(
        self,
        connection: Connection,
        strict_tls: bool = False,
        caller: str = "the webhook's ServiceAccount",
        observe: Callable[[str, float], None] = lambda _outcome, _seconds: None,
    ) -> None:
        """`observe` is called with each request's outcome, ok, refused or unavailable, and the seconds that it took."""
        self._transport = Transport(connection, strict_tls, caller, observe)
        self._not_ready = ""

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> KubernetesObject | None:
        """Return the ConfigMap, Secret or ServiceAccount, None if it does not exist; raise ClusterUnavailable or MissingRight."""
        resource = Resource("", "v1", _PLURALS[kind], namespace)
        what = f"{kind} {namespace}/{name}"
        found = self._transport.find(
            Request("GET", resource.path(name), what, resource.right("get")), deadline
        )
        return cast("KubernetesObject | None", found)

    def read(self, resource: Resource, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        """Return the object, or None if it does not exist; raise ClusterUnavailable or MissingRight."""
        right = resource.right("get", name)
        return self._transport.find(
            Request("GET", resource.path(name), resource.called(name), right), deadline
        )

    def add(self, resource: Resource, document: Mapping[str, Any], deadline: Deadline) -> bool:
        """Create the object; return False if its name exists already; raise ClusterUnavailable or MissingRight."""
        what = f"new {resource.called(document['metadata']['name'])}"
        return self._transport.write(
            Request("POST", resource.path(), what, resource.right("create"), document), deadline
        )

    def replace(self, resource: Resource, document: Mapping[str, Any], deadline: Deadline) -> bool:
        """Replace the object from which the document was made, at the same resourceVersion.

        Returns False if the object has been changed or deleted meanwhile; raises ClusterUnavailable or MissingRight.
        """
        name = document["metadata"]["name"]
        right = resource.right("update", name)
        return self._transport.write(
            Request("PUT", resource.path(name), resource.called(name), right, document), deadline
        )

    def dry_run(
        self, resource: Resource, document: Mapping[str, Any], deadline: Deadline
    ) -> tuple[int, Mapping[str, Any]]:
        """Return the status and the document of the API server's answer to a dry run of the object's creation.

        No object is stored. A refusal is an answer too, also for a missing right. Raises ClusterUnavailable.
        """
        what = f"a dry run of {resource.called(document['metadata']['name'])}"
        path = f"{resource.path()}?dryRun=All"
        request = Request("POST", path, what, resource.right("create"), document)
        answer = self._transport.send(request, deadline)
        return answer.status, answer.document

    def create_token(
        self,
        namespace: str,
        service_account: str,
        audiences: list[str],
        deadline: Deadline,
        pod: BoundPod | None = None,
    ) -> str | None:
        """Return a token of the ServiceAccount for ten minutes, or None if there is no such ServiceAccount or pod.

        Without an audience it is for the API server's own. TokenRequest: authentication.k8s.io/v1.
        """
        path = Resource("", "v1", "serviceaccounts", namespace).path(service_account) + "/token"
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
        document = self._transport.find(Request("POST", path, what, right, body), deadline)
        return None if document is None else str(document["status"]["token"])

    def is_allowed(self, user_info: UserInfo, right: Right, deadline: Deadline) -> bool:
        """Return whether the user of this UserInfo has the right; raise ClusterUnavailable or MissingRight."""
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        own, body = Right("create", "subjectaccessreviews"), subject_access_review(user_info, right)
        document = self._transport.fetch(Request("POST", path, "a SubjectAccessReview", own, body), deadline)
        return document["status"].get("allowed") is True

    def list_nodes(self, deadline: Deadline) -> Iterator[Node]:
        """Yield every node, as `nodes_of` returns it; raise ClusterUnavailable or MissingRight."""
        request = Request("GET", "/api/v1/nodes?", "the nodes", Right("list", "nodes"), accept=TABLE)
        for page in self._transport.pages(request, deadline):
            yield from nodes_of(page)

    def list_pods_of_node(self, node: str, deadline: Deadline) -> set[str]:
        """Return the uid of every pod that is bound to the node; raise ClusterUnavailable or MissingRight."""
        path = f"/api/v1/pods?fieldSelector={quote(f'spec.nodeName={node}', safe='')}&"
        request = Request(
            "GET", path, f"the pods of node {node}", Right("list", "pods"), accept=METADATA_LIST
        )
        return {
            item["metadata"]["uid"]
            for page in self._transport.pages(request, deadline, _SMALL_PAGE)
            for item in page.get("items") or ()
        }

    def list_objects(
        self, api_version: str, plural: str, namespace: str, deadline: Deadline, *, labelled: str = ""
    ) -> Iterator[Mapping[str, Any]]:
        """Yield every object of a kind, in all namespaces for ""; yield none if the API server does not know the kind.

        With a label selector, the selected objects have only their metadata. Their kind and apiVersion are missing or not
        their own. Raises ClusterUnavailable or MissingRight.
        """
        prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        query = f"labelSelector={quote(labelled, safe='')}&" if labelled else ""
        request = Request(
            "GET",
            f"{prefix}{scope}/{plural}?{query}",
            plural,
            Right("list", plural, namespace),
            accept=METADATA_LIST if labelled else JSON,
        )
        for page in self._transport.pages(request, deadline, _SMALL_PAGE, may_be_unknown=True):
            yield from page.get("items") or ()

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """Send a request that the caller has built, and return the answer of any status; raise ClusterUnavailable."""
        return self._transport.send(request, deadline)

    def create_event(self, namespace: str, event: Event, deadline: Deadline) -> None:
        """Create an Event (events.k8s.io/v1) in the namespace; raise ClusterUnavailable or MissingRight."""
        path = f"/apis/events.k8s.io/v1/namespaces/{quote(namespace, safe='')}/events"
        right = Right("create", "events", namespace)
        self._transport.fetch(Request("POST", path, f"an Event in {namespace}", right, event), deadline)

    def ready(self, deadline: Deadline) -> bool:
        """Return whether the API server answers; log why not, once for each reason."""
        try:
            self._transport.fetch(
                Request("GET", "/version", "the version", Right("get", "/version")), deadline
            )
            problem = ""
        except (ClusterUnavailable, MissingRight) as error:
            problem = str(error)
        if problem and problem != self._not_ready:
            _log.warning("not ready: %s", problem)
        self._not_ready = problem
        return not problem
