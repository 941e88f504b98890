"""Requests of the doctor: fetches the facts with the rights of the person who runs it; nothing is stored."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from vaultkube.apiserver.access import Right
from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.errors import MissingRight
from vaultkube.wire.objects import KubernetesObject
from vaultkube.wire.reviews import UserInfo
from webhook.config.annotation_keys import PREFIX
from webhook.doctor.facts import Answer, Facts, Found, Hidden, Place, Token
from webhook.doctor.rights import rights_for

_PROBE = "vault-webhook-doctor"
_BUDGET_S = 35.0
"""The budget of one request: a webhook may answer after 30 seconds."""
_T = TypeVar("_T")


class Cluster(Protocol):
    """The Kubernetes API: `vaultkube.apiserver.client.Cluster`."""

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> KubernetesObject | None: ...

    def read(self, resource: Resource, name: str, deadline: Deadline) -> Mapping[str, Any] | None: ...

    def dry_run(
        self, resource: Resource, document: Mapping[str, Any], deadline: Deadline
    ) -> tuple[int, Mapping[str, Any]]: ...

    def is_allowed(self, user_info: UserInfo, right: Right, deadline: Deadline) -> bool: ...

    def create_token(
        self, namespace: str, service_account: str, audiences: list[str], deadline: Deadline
    ) -> str | None: ...


def gather(cluster: Cluster, place: Place) -> Facts:
    """Return the answers to all requests; raise ClusterUnavailable if the API server does not answer."""
    own = place.webhook_namespace
    return Facts(
        place=place,
        configuration=_read(cluster, _CONFIGURATIONS, place.webhook_name),
        service=_read(cluster, Resource("", "v1", "services", own), place.webhook_name),
        deployment=_read(cluster, Resource("apps", "v1", "deployments", own), place.webhook_name),
        account=_read(cluster, Resource("", "v1", "serviceaccounts", place.namespace), place.pods_account),
        rights=_unless_forbidden(lambda: _rights(cluster, place)) or {},
        plain=_dry_run(cluster, "secrets", _secret(place, "no reference", {})),
        secret=_dry_run(cluster, "secrets", _secret(place, _reference(place), _account(place))),
        pod=_dry_run(cluster, "pods", _pod(place)),
        token=_unless_forbidden(lambda: _token(cluster, place)),
    )


_CONFIGURATIONS = Resource("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations")


def _read(cluster: Cluster, resource: Resource, name: str) -> Found:
    try:
        return cluster.read(resource, name, Deadline(_BUDGET_S))
    except MissingRight:
        return Hidden.HIDDEN


def _unless_forbidden(call: Callable[[], _T]) -> _T | None:
    """Return the result of the call; None if the person has no right to it."""
    try:
        return call()
    except MissingRight:
        return None


def _rights(cluster: Cluster, place: Place) -> dict[Right, bool]:
    own = place.webhook_namespace
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{own}", "system:authenticated"]
    user: UserInfo = {"username": f"system:serviceaccount:{own}:{place.service_account}", "groups": groups}
    rights = rights_for(place.namespace)
    return {right: cluster.is_allowed(user, right, Deadline(_BUDGET_S)) for right in rights}


def _dry_run(cluster: Cluster, plural: str, document: Mapping[str, Any]) -> Answer:
    namespace = document["metadata"]["namespace"]
    return Answer(*cluster.dry_run(Resource("", "v1", plural, namespace), document, Deadline(_BUDGET_S)))


def _token(cluster: Cluster, place: Place) -> Token | None:
    """Return the claims of a new token of the ServiceAccount; the token itself is not used, and expires."""
    token = cluster.create_token(place.namespace, place.pods_account, [], Deadline(_BUDGET_S))
    if token is None:
        return None
    return Token(json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")), time.time())


def _reference(place: Place) -> str:
    """Return a reference to a secret of the namespace in the layout of `provision`, which need not exist."""
    return f"vault:{place.mount or 'secret'}/data/{place.namespace}#{_PROBE}"


def _annotations(place: Place) -> dict[str, str]:
    named = {"vault-role": place.role, "vault-path": place.mount, "vault-addr": place.address}
    return {PREFIX + key: text for key, text in named.items() if text}


def _account(place: Place) -> dict[str, str]:
    return {PREFIX + "vault-serviceaccount": place.pods_account}


def _secret(place: Place, value: str, annotations: Mapping[str, str]) -> dict[str, Any]:
    metadata = _metadata(place, {**_annotations(place), **annotations})
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"probe": value}}


def _pod(place: Place) -> dict[str, Any]:
    """Return a pod that PodSecurity `restricted` admits.

    If the place names an image, the webhook reads its entry point.
    """
    confined = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container: dict[str, Any] = {
        "name": "probe",
        "image": place.image or _PROBE,
        "env": [{"name": "PROBE", "value": _reference(place)}],
        "securityContext": confined,
        "resources": {quantity: {"cpu": "10m", "memory": "16Mi"} for quantity in ("requests", "limits")},
    }
    if not place.image:
        container["command"] = ["/probe"]
    spec = {
        "serviceAccountName": place.pods_account,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(place, _annotations(place)),
        "spec": spec,
    }


def _metadata(place: Place, annotations: Mapping[str, str]) -> dict[str, Any]:
    return {"name": _PROBE, "namespace": place.namespace, "annotations": dict(annotations)}
