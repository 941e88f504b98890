"""Resources of the init container that leave the pod's QoS class as it is.

https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from webhook.quantity import parse_quantity
from webhook.settings import Settings

Document = Mapping[str, Any]
Amounts = Mapping[str, Decimal]

_COUNTED = ("cpu", "memory")


def launcher_resources(
    pod_spec: Document, containers: Iterable[Document], settings: Settings
) -> dict[str, Any]:
    """Return the init container's resources in a pod with these `containers`; none in a pod of class BestEffort.

    None either where the pod has resources of its own as a whole: they decide its class, and may be less than ours.
    """
    limits = {"cpu": settings.launcher_cpu_limit, "memory": settings.launcher_memory_limit}
    requests = {"cpu": settings.launcher_cpu_request, "memory": settings.launcher_memory_request}
    every = [_counted(container.get("resources") or {}) for container in containers]
    if any(_counted(pod_spec.get("resources") or {})) or not any(any(amounts) for amounts in every):
        return {}
    if all(_is_guaranteed(*amounts) for amounts in every):
        return {"limits": limits, "requests": limits}
    return {"limits": limits, "requests": requests}


def _counted(resources: Document) -> tuple[Amounts, Amounts]:
    """The limits and requests that count for the class: of cpu and memory, and not nothing."""
    limits = _amounts(resources.get("limits") or {})
    return limits, {**limits, **_amounts(resources.get("requests") or {})}


def _amounts(quantities: Document) -> Amounts:
    amounts = {}
    for name in _COUNTED:
        if name not in quantities:
            continue
        try:
            amount = parse_quantity(quantities[name])
        except ValueError:
            continue  # the API server refuses it
        if amount:
            amounts[name] = amount
    return amounts


def _is_guaranteed(limits: Amounts, requests: Amounts) -> bool:
    return len(limits) == len(_COUNTED) and limits == requests
