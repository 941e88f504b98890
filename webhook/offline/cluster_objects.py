"""The objects of a cluster that can name a path of Vault, as `where` lists them.

Specs and annotations are listed, never values.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from vaultkube.apiserver.access import Right
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.transport import Request
from vaultkube.deadline import Deadline
from vaultkube.errors import Refused
from vaultkube.kept.values import LABEL, LABEL_VALUE
from vaultkube.sync_resources.resources import API_VERSION, KINDS

_LABELLED = f"{LABEL}={LABEL_VALUE}"


class ListedKind(NamedTuple):
    """A kind of objects that can name a path in their specs.

    Secrets, ConfigMaps and custom objects with references have values in them, so that only the metadata of those with
    the label `labelled` is listed.
    """

    api_version: str
    kind: str
    plural: str
    labelled: str = ""


LISTED = (
    ListedKind("v1", "Pod", "pods"),
    ListedKind("v1", "ReplicationController", "replicationcontrollers"),
    ListedKind("apps/v1", "Deployment", "deployments"),
    ListedKind("apps/v1", "StatefulSet", "statefulsets"),
    ListedKind("apps/v1", "DaemonSet", "daemonsets"),
    ListedKind("apps/v1", "ReplicaSet", "replicasets"),
    ListedKind("batch/v1", "Job", "jobs"),
    ListedKind("batch/v1", "CronJob", "cronjobs"),
    ListedKind("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", "secretproviderclasses"),
    *(ListedKind(API_VERSION, row.kind, row.plural) for row in KINDS),
    ListedKind("v1", "Secret", "secrets", _LABELLED),
    ListedKind("v1", "ConfigMap", "configmaps", _LABELLED),
)


def custom_kind(cluster: Cluster, name: str, deadline: Deadline) -> ListedKind | None:
    """Return the kind RESOURCE.GROUP in the API server's preferred version; None if it does not have that kind.

    Raises ClusterUnavailable. https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
    """
    plural, _, group = name.partition(".")
    document = _discovered(cluster, f"/apis/{quote(group, safe='')}", deadline)
    api_version = (document.get("preferredVersion") or {}).get("groupVersion") or ""
    resources = _discovered(cluster, f"/apis/{api_version}", deadline).get("resources") if api_version else ()
    for resource in resources or ():
        if resource["name"] == plural:
            return ListedKind(api_version, resource["kind"], plural, _LABELLED)
    return None


def _discovered(cluster: Cluster, path: str, deadline: Deadline) -> Mapping[str, Any]:
    request = Request("GET", path, f"the kinds at {path}", Right("get", path))
    return cluster.send(request, deadline).document


def list_cluster(
    cluster: Cluster,
    kinds: tuple[ListedKind, ...],
    namespace: str,
    deadline: Deadline,
    report: Callable[[Refused], None],
) -> Iterator[dict[str, Any]]:
    """Yield the objects of these kinds that have no controller as their owner.

    A Deployment stands for its ReplicaSets and pods. `report` is called with the error of a kind that cannot be listed.
    An empty namespace means all of them.
    """
    for kind in kinds:
        try:
            for found in cluster.list_objects(
                kind.api_version, kind.plural, namespace, deadline, labelled=kind.labelled
            ):
                content = {**found, "apiVersion": kind.api_version, "kind": kind.kind}
                if not _is_owned(content):
                    yield content
        except Refused as error:
            report(error)


def _is_owned(content: Mapping[str, Any]) -> bool:
    owners = (content.get("metadata") or {}).get("ownerReferences") or ()
    return any(owner.get("controller") for owner in owners)
