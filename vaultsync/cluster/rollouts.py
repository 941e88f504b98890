"""Rollouts: restarts of workloads by an annotation of their pod template, as `kubectl rollout restart` does it."""

from typing import Any

from vaultkube.apiserver.resources import Resource as Collection
from vaultkube.deadline import Deadline
from vaultkube.sync_resources.destination import RestartTarget
from vaultsync.cluster.objects import Objects
from vaultsync.errors import ReferenceRefused

_ANNOTATION = "vso.secrets.hashicorp.com/restartedAt"
_ROLLOUT = "argo.Rollout"
_PLURALS = {"Deployment": "deployments", "DaemonSet": "daemonsets", "StatefulSet": "statefulsets"}


def restart(objects: Objects, namespace: str, target: RestartTarget, utc: str, deadline: Deadline) -> None:
    """Restart the workload; raise ReferenceRefused if it does not exist, ClusterUnavailable or MissingRight."""
    patch: dict[str, Any]
    if target.kind == _ROLLOUT:
        collection = Collection("argoproj.io", "v1alpha1", "rollouts", namespace)
        patch = {"spec": {"restartAt": utc}}
    else:
        collection = Collection("apps", "v1", _PLURALS[target.kind], namespace)
        patch = {"spec": {"template": {"metadata": {"annotations": {_ANNOTATION: utc}}}}}
    if objects.merge(collection, target.name, patch, deadline) is None:
        raise ReferenceRefused(
            f"{target.kind} {namespace}/{target.name} does not exist: correct rolloutRestartTargets"
        )
