"""Objects of the API server: lists, reads and writes, each a request that names the RBAC right it needs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from vaultenv.basics.text import bounded
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.pages import pages_of
from vaultkube.apiserver.resources import Resource as Collection
from vaultkube.apiserver.transport import JSON, Answer, Request
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, MissingRight
from vaultkube.sync_resources.resources import BY_KIND, GROUP, VERSION

MANAGER = "vault-webhook-sync"
"""The field manager of all writes."""
OURS = "app.kubernetes.io/managed-by=hashicorp-vso"
_JSON_PATCH = "application/json-patch+json"
_MERGE, _APPLY = "application/merge-patch+json", "application/apply-patch+yaml"
PAGE = 500
WHOLE_PAGE = 100
"""Page size for lists of whole objects: pods have 10 to 20 KiB."""
_SHOWN = 300


class Changed(ClusterUnavailable):
    """The object no longer has the resourceVersion that the request names."""


class Listed(NamedTuple):
    """A list, and the resourceVersion from which a watch continues."""

    documents: list[Mapping[str, Any]]
    version: str


def custom(kind: str, namespace: str = "") -> Collection:
    """Return the custom objects of a kind, in a namespace or all."""
    return Collection(GROUP, VERSION, BY_KIND[kind].plural, namespace)


def secrets(namespace: str = "") -> Collection:
    """Return the Secrets of a namespace, or all."""
    return Collection("", "v1", "secrets", namespace)


class Objects:
    """Reads and writes objects as the operator's own ServiceAccount. All methods raise ClusterUnavailable or MissingRight."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def list(
        self,
        collection: Collection,
        deadline: Deadline,
        *,
        selector: str = "",
        accept: str = JSON,
        page_size: int = PAGE,
        trim: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda document: document,
    ) -> Listed:
        """Return all objects of a collection, requested page by page; `trim` reduces each to the needed fields."""
        documents: list[Mapping[str, Any]] = []
        version = ""

        def read(limit: int, continue_: str) -> Mapping[str, Any]:
            query = urlencode({"limit": limit, "continue": continue_, "labelSelector": selector})
            path = f"{collection.path()}?{query}"
            right = collection.right("list")
            answer = self._document(Request("GET", path, collection.plural, right, accept=accept), deadline)
            if answer is None:
                raise ClusterUnavailable(
                    f"the API server knows no {collection.plural}: apply their CustomResourceDefinition (manifests/chart/files/crds)"
                )
            return answer

        for page in pages_of(page_size, read):
            documents += (trim(_without_managers(item)) for item in page.get("items") or ())
            version = str((page.get("metadata") or {}).get("resourceVersion") or "")
        return Listed(documents, version)

    def get(self, collection: Collection, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        """Return the object, or None if it does not exist."""
        return self._cluster.read(collection, name, deadline)

    def apply(
        self, collection: Collection, document: Mapping[str, Any], deadline: Deadline
    ) -> Mapping[str, Any]:
        """Apply our fields and return the whole object; fields of an earlier apply that are missing now are removed."""
        name = str(document["metadata"]["name"])
        path = f"{collection.path(name)}?fieldManager={MANAGER}&force=true"
        request = Request(
            "PATCH",
            path,
            collection.called(name),
            collection.right("patch", name),
            document,
            content_type=_APPLY,
        )
        found = self._document(request, deadline)
        if found is None:
            raise ClusterUnavailable(f"namespace {collection.namespace} is not there")
        return found

    def merge(
        self,
        collection: Collection,
        name: str,
        patch: Mapping[str, Any],
        deadline: Deadline,
        subresource: str = "",
        manager: str = MANAGER,
    ) -> Mapping[str, Any] | None:
        """Merge fields into an object and return the whole object, or None if it does not exist (RFC 7396)."""
        end = f"/{subresource}" if subresource else ""
        path = f"{collection.path(name)}{end}?fieldManager={manager}"
        right = collection.right("patch", name)._replace(subresource=subresource)
        request = Request("PATCH", path, collection.called(name), right, patch, content_type=_MERGE)
        return self._document(request, deadline)

    def patch(
        self,
        collection: Collection,
        name: str,
        operations: Sequence[Mapping[str, Any]],
        deadline: Deadline,
    ) -> Mapping[str, Any] | None:
        """Change an object by a JSON Patch and return the whole object, or None if it does not exist (RFC 6902)."""
        path = f"{collection.path(name)}?fieldManager={MANAGER}"
        right = collection.right("patch", name)
        request = Request("PATCH", path, collection.called(name), right, operations, content_type=_JSON_PATCH)
        return self._document(request, deadline)

    def delete(self, collection: Collection, name: str, uid: str, deadline: Deadline) -> None:
        """Delete the object of this uid; do nothing if it is gone or was replaced."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        path = f"{collection.path()}/{quote(name, safe='')}"
        request = Request("DELETE", path, collection.called(name), collection.right("delete", name), body)
        answer = self._cluster.send(request, deadline)
        if answer.status not in (404, 409):
            _checked(request, answer)

    def add(self, collection: Collection, document: Mapping[str, Any], deadline: Deadline) -> bool:
        """Create the object; return False if its name exists already."""
        return self._cluster.add(collection, document, deadline)

    def _document(self, request: Request, deadline: Deadline) -> Mapping[str, Any] | None:
        answer = self._cluster.send(request, deadline)
        return None if answer.status == 404 else _checked(request, answer)


def _without_managers(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a listed object without the managers of its fields, a list longer than the rest of many objects."""
    metadata = {**(item.get("metadata") or {})}
    return {**item, "metadata": metadata} if metadata.pop("managedFields", None) else item


def _checked(request: Request, answer: Answer) -> Mapping[str, Any]:
    if answer.status == 403:
        raise MissingRight(
            f"the operator's ServiceAccount may not {request.right} (for {request.what}), or the namespace is "
            "being deleted: docs/security.md has the rights that are needed"
        )
    if answer.status >= 400:
        reason = answer.document.get("reason") or "no reason given"
        unavailable = Changed if answer.status == 409 else ClusterUnavailable
        where = _fields(answer.document)
        raise unavailable(f"the API server answered {answer.status} ({reason}) for {request.what}{where}")
    return answer.document


def _fields(status: Mapping[str, Any]) -> str:
    """Return the names of the fields that the API server refuses: its own message may hold values of a Secret."""
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    names = dict.fromkeys(
        str(each["field"]) for each in causes or () if isinstance(each, dict) and each.get("field")
    )
    return f": see {bounded(', '.join(names), _SHOWN)}" if names else ""
