"""The kinds of nodes that a pod may run on, before it is scheduled: their architectures, and whether they run Windows.

https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
"""

from vaultkube.wire.pods import NodeSelectorTerm, PodSpec

_ARCHITECTURE = "kubernetes.io/arch"
_SYSTEM = "kubernetes.io/os"
_WINDOWS = "windows"


def pinned_architectures(spec: PodSpec) -> tuple[str, ...]:
    """Return the architectures that nodeSelector and required node affinity allow; empty if they do not limit them."""
    return _pinned(spec, _ARCHITECTURE)


def is_windows(spec: PodSpec) -> bool:
    """Return whether the pod is for Windows nodes, on which no launcher runs; `os.name` decides if it is set."""
    system = (spec.get("os") or {}).get("name")
    if system:
        return bool(system == _WINDOWS)
    return _pinned(spec, _SYSTEM) == (_WINDOWS,) or _is_host_process(spec)


def _is_host_process(spec: PodSpec) -> bool:
    """Return whether the pod has HostProcess containers, which only Windows has.

    All containers of a pod are such containers, or none.
    https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/
    """
    for holder in (spec, *(spec.get("containers") or ())):
        options = (holder.get("securityContext") or {}).get("windowsOptions")
        if options and options.get("hostProcess") is True:
            return True
    return False


def _pinned(spec: PodSpec, label: str) -> tuple[str, ...]:
    selected = (spec.get("nodeSelector") or {}).get(label)
    if selected:
        return (selected,)
    if not spec.get("affinity"):
        return ()
    affinity = (spec["affinity"].get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or {}
    terms = [_values_in_term(term, label) for term in affinity.get("nodeSelectorTerms") or ()]
    if not all(terms):
        return ()
    return tuple(dict.fromkeys(value for term in terms for value in term))


def _values_in_term(term: NodeSelectorTerm, label: str) -> tuple[str, ...]:
    """Return the values of the label that one term allows: those that are in all of its expressions."""
    found = [
        dict.fromkeys(expression.get("values") or ())
        for expression in term.get("matchExpressions") or ()
        if expression.get("key") == label and expression.get("operator") == "In"
    ]
    return tuple(name for name in found[0] if all(name in values for values in found)) if found else ()
