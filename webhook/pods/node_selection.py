"""The nodes on which a pod may run, by its nodeName, nodeSelector and required node affinity.

https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from vaultkube.wire.pods import NodeSelectorRequirement, NodeSelectorTerm, PodSpec

_NAME = "metadata.name"
_MOST_EXPRESSIONS = 100
"""The most expressions of a pod.

One with more counts as allowed on every node, as checking each node would cost too much.
"""


class LabelledNode(NamedTuple):
    """A node's name and labels."""

    name: str
    labels: Mapping[str, str]


class _Expression(NamedTuple):
    key: str
    operator: str
    values: frozenset[str]


class _Term(NamedTuple):
    labels: tuple[_Expression, ...]
    fields: tuple[_Expression, ...]


class NodeSelection(NamedTuple):
    """The conditions of one pod; `terms` are alternatives, None if there is no affinity."""

    node_name: str = ""
    labels: Mapping[str, str] = {}
    terms: tuple[_Term, ...] | None = None

    def allows(self, node: LabelledNode) -> bool:
        """Return whether the scheduler may choose the node; taints and resources are not considered."""
        if self.node_name:
            return self.node_name == node.name
        if any(node.labels.get(key) != value for key, value in self.labels.items()):
            return False
        return self.terms is None or any(_fits(term, node) for term in self.terms)


def selection_of(pod_spec: PodSpec) -> NodeSelection:
    """Return the conditions of the pod for its node."""
    affinity = (pod_spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    terms = tuple(map(_term, required.get("nodeSelectorTerms") or ())) if required else None
    labels = pod_spec.get("nodeSelector") or {}
    if len(labels) + sum(len(term.labels) + len(term.fields) for term in terms or ()) > _MOST_EXPRESSIONS:
        labels, terms = {}, None
    return NodeSelection(pod_spec.get("nodeName") or "", labels, terms)


def _term(term: NodeSelectorTerm) -> _Term:
    return _Term(
        tuple(_expressions(term.get("matchExpressions") or ())),
        tuple(_expressions(term.get("matchFields") or ())),
    )


def _expressions(found: Iterable[NodeSelectorRequirement]) -> Iterable[_Expression]:
    return (
        _Expression(
            each.get("key") or "", each.get("operator") or "", frozenset(map(str, each.get("values") or ()))
        )
        for each in found
    )


def _fits(term: _Term, node: LabelledNode) -> bool:
    """Return whether the node matches all expressions of a term; a term without expressions matches no node."""
    return bool(term.labels or term.fields) and (
        all(_holds(expression, node.labels) for expression in term.labels)
        and all(_holds(expression, {_NAME: node.name}) for expression in term.fields)
    )


def _holds(expression: _Expression, found: Mapping[str, str]) -> bool:
    operator = _OPERATORS.get(expression.operator)
    return operator is not None and operator(found.get(expression.key), expression.values)


def _compared(value: str | None, values: frozenset[str], is_so: Callable[[int, int], bool]) -> bool:
    try:
        return value is not None and is_so(int(value), int(next(iter(values))))
    except (ValueError, StopIteration):
        return False


_OPERATORS: Mapping[str, Callable[[str | None, frozenset[str]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _: value is not None,
    "DoesNotExist": lambda value, _: value is None,
    "Gt": lambda value, values: _compared(value, values, int.__gt__),
    "Lt": lambda value, values: _compared(value, values, int.__lt__),
}
