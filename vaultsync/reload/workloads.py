"""Workloads: whether one is to be reloaded, whether it can be rolled now, and the patches that say so. Pure.

https://github.com/bank-vaults/vault-secrets-reloader has the first two annotations; both stand at the pod template.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vaultkube.apiserver.resources import Resource
from vaultsync.collections import WORKLOADS

MANAGER = "vault-webhook-reload"
"""The field manager of the annotations."""
PREFIXES = ("secrets-reloader.security.bank-vaults.io/", "alpha.vault.security.banzaicloud.io/")
RELOAD, COUNT = "reload-on-secret-change", "secret-reload-count"
VERSIONS = "security.banzaicloud.io/seen-versions"
"""Of the workload itself: the version of each path that its pods have, or may have; a JSON object."""
_DEADLINE_EXCEEDED, _COMPLETE = "ProgressDeadlineExceeded", "NewReplicaSetAvailable"


@dataclass(frozen=True)
class Workload:
    """A workload that is to be reloaded; `hold` says why it cannot be rolled now, empty for one that can."""

    plural: str
    namespace: str
    name: str
    uid: str
    generation: int
    selector: str
    """Of its pods: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors"""
    count_key: str
    count: str
    versions: Mapping[str, int]
    hold: str

    @property
    def kind(self) -> str:
        """Its kind, as Events have it."""
        return WORKLOADS[self.plural]


def resource_of(plural: str, namespace: str = "") -> Resource:
    """Return the workloads of a kind."""
    return Resource("apps", "v1", plural, namespace)


def workload_of(plural: str, document: Mapping[str, Any]) -> Workload | None:
    """Return the workload if one of the annotations asks for reloads, at its pod template or at itself."""
    metadata, template = document["metadata"], document["spec"]["template"].get("metadata") or {}
    own, of_pods = metadata.get("annotations") or {}, template.get("annotations") or {}
    prefix = next(
        (each for each in PREFIXES if "true" in (of_pods.get(each + RELOAD), own.get(each + RELOAD))), ""
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
    """Return the document of a workload that is to be reloaded, and of another one no more than `workload_of` asks for."""
    if workload_of(plural, document):
        return document
    metadata = document["metadata"]
    names = {"namespace": metadata["namespace"], "name": metadata["name"]}
    return {"metadata": names, "spec": {"template": {}}}


def owns(workload: Workload, pod: Mapping[str, Any]) -> bool:
    """Return whether the pod is the workload's own and lives; a Deployment has its pods by a ReplicaSet."""
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
    """Return the merge patch that keeps the versions, and rolls nothing."""
    text = json.dumps(dict(sorted(versions.items()))) if versions else None
    return {"metadata": {"uid": workload.uid, "annotations": {VERSIONS: text}}}


def roll_patch(workload: Workload, versions: Mapping[str, int], version: str) -> dict[str, Any]:
    """Return the merge patch that rolls the workload if it still has the resourceVersion `version`, and keeps the versions."""
    count = str(int(workload.count) + 1) if workload.count.isdecimal() else "1"
    patch = versions_patch(workload, versions)
    patch["metadata"]["resourceVersion"] = version
    patch["spec"] = {"template": {"metadata": {"annotations": {workload.count_key: count}}}}
    return patch


def _versions(text: object) -> dict[str, int]:
    """Return the versions that were kept; none where somebody has written something else there."""
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
    """Return the reason for a workload whose controller has not seen its last change yet."""
    seen = (document.get("status") or {}).get("observedGeneration") or 0
    return _ROLLING if seen < (document["metadata"].get("generation") or 0) else ""


def _deployment_hold(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    """Return why a Deployment cannot be rolled, as `kubectl rollout status` decides it.

    One whose time for progress is over can: a new secret may be just what its pods need.
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
