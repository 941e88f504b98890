"""Which architectures a pod pins itself to, before the scheduler has chosen a node.

https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
"""

from collections.abc import Mapping
from typing import Any

LABEL = "kubernetes.io/arch"


def pinned_architectures(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the architectures that nodeSelector and required node affinity leave; none where any is possible."""
    selected = (spec.get("nodeSelector") or {}).get(LABEL)
    if selected:
        return (selected,)
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or {}
    terms = [_of_term(term) for term in affinity.get("nodeSelectorTerms") or ()]
    if not all(terms):
        return ()
    return tuple(dict.fromkeys(architecture for term in terms for architecture in term))


def _of_term(term: Mapping[str, Any]) -> tuple[str, ...]:
    """The architectures of one term, of which one must hold; its expressions must all hold."""
    found = [
        tuple(expression.get("values") or ())
        for expression in term.get("matchExpressions") or ()
        if expression.get("key") == LABEL and expression.get("operator") == "In"
    ]
    return tuple(name for name in found[0] if all(name in values for values in found)) if found else ()
