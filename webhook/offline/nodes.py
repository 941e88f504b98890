"""Nodes of YAML: their size with aliases expanded, and repeated keys. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from vaultkube.errors import NotYaml
from vaultkube.problem import FieldPath

_LARGEST = 1_000_000
"""The most parts of a document, with each alias expanded."""
_DEEPEST = 100
"""The deepest nesting: more than the API server accepts for kinds with a schema, far below Python's recursion limit."""


class _Extent(NamedTuple):
    """The number and the nesting of a node's parts, with its aliases expanded."""

    size: int
    depth: int


def check_extent(file: str, node: Node) -> None:
    """Raise NotYaml for a document that is too large, RecursionError for one that is nested too deeply."""
    extent = _extent(node, {})
    if extent.size > _LARGEST:
        raise NotYaml(file, node.start_mark.line + 1, "its aliases make too much of it")
    if extent.depth > _DEEPEST:
        raise RecursionError


def _extent(node: Node, known: dict[int, _Extent]) -> _Extent:
    """Return the extent of a node; raise RecursionError if an alias contains itself."""
    if id(node) not in known:
        children: list[Node] = []
        if isinstance(node, MappingNode):
            children = [part for pair in node.value for part in pair]
        elif isinstance(node, SequenceNode):
            children = node.value
        extents = [_extent(child, known) for child in children]
        known[id(node)] = _Extent(
            1 + sum(extent.size for extent in extents),
            1 + max((extent.depth for extent in extents), default=0),
        )
    return known[id(node)]


def repeated_keys(node: Node, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Yield the path of each key that occurs a second time in its mapping."""
    if isinstance(node, SequenceNode):
        for index, value in enumerate(node.value):
            yield from repeated_keys(value, (*path, index))
    elif isinstance(node, MappingNode):
        seen = set()
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                continue
            if key.value in seen:
                yield (*path, key.value)
            seen.add(key.value)
            yield from repeated_keys(value, (*path, key.value))
