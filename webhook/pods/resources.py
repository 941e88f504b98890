"""Resources of the containers that are added, chosen so that the pod's QoS class does not change.

https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
"""

from collections.abc import Iterable
from decimal import Decimal

from vaultkube.documents.quantity import parse_quantity
from vaultkube.remember import anything, remember
from vaultkube.wire.containers import Container, ResourceRequirements
from vaultkube.wire.pods import PodSpec
from webhook.config.settings import Settings

_Counted = tuple[Decimal, Decimal, Decimal, Decimal]

_ZERO = Decimal()
_NOTHING = (_ZERO, _ZERO, _ZERO, _ZERO)


def launcher_resources(
    pod_spec: PodSpec, containers: Iterable[Container], settings: Settings
) -> ResourceRequirements:
    """Return the init container's resources in a pod with these `containers`; none in a pod of class BestEffort.

    There are none either if the pod as a whole has resources: they decide its class, and may be less than ours.
    """
    limits = {"cpu": settings.launcher_cpu_limit, "memory": settings.launcher_memory_limit}
    requests = {"cpu": settings.launcher_cpu_request, "memory": settings.launcher_memory_request}
    every = [_counted(container.get("resources")) for container in containers]
    if any(_counted(pod_spec.get("resources"))) or not any(map(any, every)):
        return {}
    if all(map(_has_equal, every)):
        return {"limits": limits, "requests": limits}
    return {"limits": limits, "requests": requests}


def is_guaranteed(pod_spec: PodSpec, containers: Iterable[Container]) -> bool:
    """Return whether these `containers` make the pod Guaranteed; an added container must then request its limits."""
    has_pod_resources = any(_counted(pod_spec.get("resources")))
    return not has_pod_resources and all(
        _has_equal(_counted(container.get("resources"))) for container in containers
    )


def _counted(resources: ResourceRequirements | None) -> _Counted:
    """Return limit and request of cpu, then of memory, as the QoS class counts them; 0 for none."""
    if not resources:
        return _NOTHING
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    quantities = (limits.get("cpu"), requests.get("cpu"), limits.get("memory"), requests.get("memory"))
    return _remembered(tuple(map(str, quantities)))


def _parsed(texts: tuple[str, ...]) -> _Counted:
    cpu, requested_cpu, memory, requested_memory = map(_amount, texts)
    return cpu, requested_cpu or cpu, memory, requested_memory or memory


def _amount(quantity: str) -> Decimal:
    try:
        return parse_quantity(quantity)
    except ValueError:
        return _ZERO  # there is no quantity, or the API server refuses it


_remembered = remember(
    _parsed, public=anything, longest=64, entries=256, length=lambda texts: sum(map(len, texts))
)
"""The amounts of quantities in a cache: all pods of a workload have the same quantities."""


def _has_equal(counted: _Counted) -> bool:
    cpu, requested_cpu, memory, requested_memory = counted
    return bool(cpu and memory) and (cpu, memory) == (requested_cpu, requested_memory)
