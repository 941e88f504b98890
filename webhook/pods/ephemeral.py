"""Containers that are added to a running pod (`kubectl debug`).

No volume and no token can be added with them: they mount the volumes that the pod already has for its launcher, or are
refused with the reason. https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
"""

from collections.abc import Iterator, Sequence

from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.problem import Problem
from vaultkube.wire.containers import Container, VolumeMount
from vaultkube.wire.pods import ACCOUNT_PATH, PodSpec
from webhook.config.annotations import Config
from webhook.pods import launcher
from webhook.pods.account import account_mount, needs_account_token
from webhook.pods.environment import Sources
from webhook.pods.facts import Facts, Place, find_containers
from webhook.pods.frompath import EPHEMERAL, read_from_paths
from webhook.pods.nodes import is_windows
from webhook.pods.plan import WINDOWS, Part, Plan
from webhook.pods.pod import plan_containers, wrap_containers
from webhook.pods.problems import repeated_names
from webhook.pods.suspicion import unresolved_warning

SUBRESOURCE = "ephemeralcontainers"
_COPY = "none can be added to a running pod; debug a copy instead: kubectl debug --copy-to"


def find_added(pod_spec: PodSpec, old_spec: PodSpec) -> list[tuple[Place, Container]]:
    """Return the ephemeral containers that the request adds, with their places; the others cannot change any more."""
    before = {container.get("name") for container in old_spec.get(EPHEMERAL) or ()}
    return [
        ((EPHEMERAL, index), container)
        for index, container in enumerate(pod_spec.get(EPHEMERAL) or ())
        if container.get("name") not in before
    ]


def plan_ephemeral(
    pod_spec: PodSpec, old_spec: PodSpec, config: Config, sources: Sources, deadline: Deadline = UNLIMITED
) -> Plan:
    """Return the plan of the added containers; a container without references of its own needs nothing."""
    paths = read_from_paths(config.from_path)
    plan = plan_containers(find_added(pod_spec, old_spec), config, paths, sources, deadline)
    if not plan.wrapped:
        return plan
    if is_windows(pod_spec):
        return WINDOWS
    missing = list(_missing(pod_spec, config))
    if missing and len(plan.precautions) == len(plan.wrapped):
        return Plan(
            {}, {}, warnings=(unresolved_warning(Problem("refused", ("spec", EPHEMERAL), missing[0])),)
        )
    lacking = [
        (key, index)
        for (key, index), references in plan.logging_in().items()
        if needs_account_token(config, references) and not account_mount(pod_spec[key][index])
    ]
    account = _account_mounts(pod_spec) if lacking else []
    faults = [(place, message) for place in plan.wrapped for message in missing]
    if lacking and not account:
        faults += [(place, f"the pod mounts no ServiceAccount token, and {_COPY}") for place in lacking]
    problems = [
        Problem("refused", ("spec", key, index), f"container {pod_spec[key][index].get('name')}: {message}")
        for (key, index), message in faults
    ]
    every: list[tuple[Place, Container]] = [*find_containers(pod_spec), *find_added(pod_spec, {})]
    return plan._replace(
        problems=(*plan.problems, *problems, *repeated_names(every)),
        mounts=dict.fromkeys(lacking, account),
    )


def mutate_ephemeral(
    pod_spec: PodSpec, parts: Sequence[Part], facts: Facts
) -> tuple[PodSpec, tuple[Problem, ...]]:
    """Return the PodSpec in which the parts' containers start their launcher, and the problems of their images."""
    needed = [part for part in parts if part.plan.wrapped]
    return wrap_containers(pod_spec, needed, facts) if needed else (pod_spec, ())


def _missing(pod_spec: PodSpec, config: Config) -> Iterator[str]:
    present = {volume.get("name") for volume in pod_spec.get("volumes") or ()}
    for mount in launcher.mounts(config):
        if mount["name"] not in present:
            yield f"the pod has no volume {mount['name']} for vault-env, and {_COPY}"


def _account_mounts(pod_spec: PodSpec) -> list[VolumeMount]:
    """Return the mount of the ServiceAccount's token in one of the pod's containers, where admission has added it."""
    for container in pod_spec.get("containers") or ():
        mount = account_mount(container)
        if mount:
            return [{"name": mount["name"], "mountPath": ACCOUNT_PATH, "readOnly": True}]
    return []
