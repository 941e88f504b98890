"""Workloads: whether their annotations request reloads, whether a restart can begin now, and its patches. Pure.

The annotations of vaultkube.reloads are on the pod template.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vaultkube.apiserver.resources import Resource
from vaultkube.reloads import COUNT, PREFIXES, RELOAD, WORKLOADS, requests_reload

MANAGER = "vault-webhook-reload"
"""The field manager of the annotations."""
VERSIONS = "security.banzaicloud.io/seen-versions"
"""Annotation of the workload itself: the version of each path that its pods have, or may have, as a JSON object."""
_DEADLINE_EXCEEDED, _COMPLETE = "ProgressDeadlineExceeded", "NewReplicaSetAvailable"


@dataclass(frozen=True)
class Workload:
    """A workload that requests reloads; `hold` is the reason why it cannot be restarted now, or empty."""

    plural: str
    namespace: str
    name: str
    uid: str
    generation: int
    selector: str
    """Label selector of its pods: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors"""
    count_key: str
    count: str
    versions: Mapping[str, int]
    hold: str

    @property
    def kind(self) -> str:
        """The kind of the workload, as Events name it."""
        return WORKLOADS[self.plural]


def resource_of(plural: str, namespace: str = "") -> Resource:
    """Return the workloads of a kind."""
    return Resource("apps", "v1", plural, namespace)


def workload_of(plural: str, document: Mapping[str, Any]) -> Workload | None:
    """Return the workload if an annotation of its pod template or of itself requests reloads, else None."""
    metadata, template = document["metadata"], document["spec"]["template"].get("metadata") or {}
    own, of_pods = metadata.get("annotations") or {}, template.get("annotations") or {}
    prefix = next(
        (
            each
            for each in PREFIXES
            if any(requests_reload(found.get(each + RELOAD)) for found in (of_pods, own))
        ),
        "",
    )
    if not prefix or metadata.get("deletionTimestamp"):
        return None
    return Workload(
        plural=plural,
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata.get("generation") or 0,
        selector=_selector(document["spec"].get("selector") or {}),
        count_key=prefix + COUNT,
        count=of_pods.get(prefix + COUNT) or "",
        versions=_versions(own.get(VERSIONS)),
        hold=_HOLDS[plural](document["spec"], document.get("status") or {}) or _not_observed(document),
    )


def trimmed(plural: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of the document that `workload_of` needs: without the spec of the pods, and few without the annotation."""
    metadata, spec = document["metadata"], document["spec"]
    if workload_of(plural, document):
        template = {"metadata": spec["template"].get("metadata")}
        return {**document, "spec": {**spec, "template": template}}
    names = {"namespace": metadata["namespace"], "name": metadata["name"]}
    return {"metadata": names, "spec": {"template": {}}}


def owns(workload: Workload, pod: Mapping[str, Any]) -> bool:
    """Return whether the workload owns the pod and the pod is active; a Deployment owns pods through a ReplicaSet."""
    metadata = pod["metadata"]
    if metadata.get("deletionTimestamp") or (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return False
    owner: Mapping[str, Any] = next(
        (each for each in metadata.get("ownerReferences") or () if each.get("controller")), {}
    )
    if workload.plural == "deployments":
        revision = (metadata.get("labels") or {}).get("pod-template-hash")
        return owner.get("kind") == "ReplicaSet" and owner.get("name") == f"{workload.name}-{revision}"
    return owner.get("uid") == workload.uid


def versions_patch(workload: Workload, versions: Mapping[str, int]) -> dict[str, Any]:
    """Return the merge patch that stores the versions, without a restart."""
    text = json.dumps(dict(sorted(versions.items()))) if versions else None
    return {"metadata": {"uid": workload.uid, "annotations": {VERSIONS: text}}}


def roll_patch(workload: Workload, versions: Mapping[str, int], version: str) -> dict[str, Any]:
    """Return the merge patch that restarts a workload of resourceVersion `version`, and stores the versions."""
    count = str(int(workload.count) + 1) if workload.count.isdecimal() else "1"
    patch = versions_patch(workload, versions)
    patch["metadata"]["resourceVersion"] = version
    patch["spec"] = {"template": {"metadata": {"annotations": {workload.count_key: count}}}}
    return patch


def _versions(text: object) -> dict[str, int]:
    """Return the stored versions; none if somebody has written another text."""
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    items = found.items() if isinstance(found, dict) else ()
    return {path: version for path, version in items if type(version) is int}


def _selector(selector: Mapping[str, Any]) -> str:
    words = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for each in selector.get("matchExpressions") or ():
        key, operator, values = each["key"], each["operator"], ",".join(each.get("values") or ())
        words.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }[operator]
        )
    return ",".join(words)


_ROLLING = "a rollout is under way"


def _not_observed(document: Mapping[str, Any]) -> str:
    """Return the reason to hold a workload whose controller has not observed its last change, or an empty text."""
    seen = (document.get("status") or {}).get("observedGeneration") or 0
    return _ROLLING if seen < (document["metadata"].get("generation") or 0) else ""


def _deployment_hold(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    """Return why a Deployment cannot be restarted, or an empty text, as `kubectl rollout status` decides it.

    A Deployment past its progress deadline can be restarted: its pods may need just the new secret.
    """
    if spec.get("paused"):
        return "it is paused"
    reasons = {
        each.get("reason") for each in status.get("conditions") or () if each.get("type") == "Progressing"
    }
    if reasons & {_DEADLINE_EXCEEDED, _COMPLETE}:
        return ""
    updated = status.get("updatedReplicas") or 0
    is_done = (
        updated >= _replicas(spec)
        and (status.get("replicas") or 0) <= updated
        and (status.get("availableReplicas") or 0) >= updated
    )
    return "" if is_done else _ROLLING


def _stateful_set_hold(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return ""
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    if partition:
        return _ROLLING if (status.get("updatedReplicas") or 0) < _replicas(spec) - partition else ""
    return _ROLLING if status.get("currentRevision") != status.get("updateRevision") else ""


def _daemon_set_hold(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return ""
    wanted, updated = status.get("desiredNumberScheduled") or 0, status.get("updatedNumberScheduled") or 0
    return _ROLLING if updated < wanted else ""


def _replicas(spec: Mapping[str, Any]) -> int:
    replicas = spec.get("replicas")
    return 1 if replicas is None else int(replicas)


_HOLDS = {
    "deployments": _deployment_hold,
    "statefulsets": _stateful_set_hold,
    "daemonsets": _daemon_set_hold,
}
