"""The YAML text of `objects` as nodes, within limits of size, with aliases and merge keys expanded.

Any author in a namespace may write a class, and the provider of each node and the checks read it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

LONGEST_TEXT = 1 << 20
"""Characters of the text, and of all its scalars with aliases expanded."""
_MOST_PARTS = 32_000
"""Scalars, lists and mappings with aliases expanded: enough for 2 000 objects with all of their fields."""
_DEEPEST = 36
_MERGE = "<<"
# libyaml's parser, if available, is ten times faster. Its events are the same.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotUsable(ValueError):
    """A node has no value of the expected kind; the message names that kind."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text; `is_plain` is true without quotes, and `tag` is its explicit tag or ""."""

    text: str
    is_plain: bool
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of nodes."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Pairs in their order, those of merge keys after the others; a key may occur twice."""

    pairs: tuple[tuple["Node", "Node"], ...]


Node = Scalar | Listing | Mapping


@dataclass(slots=True)
class _Extent:
    """The number of parts, characters and levels of a node, with its aliases expanded."""

    parts: int = 1
    characters: int = 0
    levels: int = 1

    def add(self, child: "_Extent") -> None:
        self.parts += child.parts
        self.characters += child.characters
        self.levels = max(self.levels, child.levels + 1)


@dataclass(slots=True)
class _Open:
    """A list or mapping that has not ended yet."""

    is_mapping: bool
    anchor: str | None
    children: list[Node] = field(default_factory=list)
    extent: _Extent = field(default_factory=_Extent)


def read_nodes(text: str) -> Node | None:
    """Return the root node of the text, or None if it is empty; raise NotUsable."""
    if len(text) > LONGEST_TEXT:
        raise NotUsable(f"is longer than {LONGEST_TEXT} characters; divide the class")
    try:
        return _Reader().read(yaml.parse(text, Loader=_LOADER))
    except (yaml.YAMLError, UnicodeEncodeError) as error:  # half of a surrogate pair cannot be encoded
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1} of its text)" if mark else ""
        raise NotUsable(f"is no YAML{where}; write a list of objects, as docs/csi.md shows") from None


class _Reader:
    """Builds the nodes from the events of one text, within limits for the whole text."""

    def __init__(self) -> None:
        self._anchors: dict[str, tuple[Node, _Extent]] = {}
        self._open: list[_Open] = []
        self._parts = _MOST_PARTS
        self._characters = LONGEST_TEXT

    def read(self, events: Iterator[Any]) -> Node | None:
        """Return the root node."""
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and root:
                raise NotUsable("has a second YAML document, which would be ignored; write one list")
            if isinstance(event, yaml.CollectionStartEvent):
                self._begin(_Open(isinstance(event, yaml.MappingStartEvent), event.anchor))
            elif isinstance(event, yaml.CollectionEndEvent):
                root = self._end()
            elif isinstance(event, yaml.ScalarEvent):
                extent = self._take(_Extent(characters=len(event.value)))
                root = self._place(
                    Scalar(event.value, not event.style, event.tag or ""), extent, event.anchor
                )
            elif isinstance(event, yaml.AliasEvent):
                node, extent = self._known(event.anchor)
                root = self._place(node, self._take(extent))
        return root

    def _begin(self, opened: _Open) -> None:
        self._take(opened.extent)
        self._bound_levels(1)
        self._open.append(opened)

    def _end(self) -> Node:
        ended = self._open.pop()
        node = _mapping(ended.children) if ended.is_mapping else Listing(tuple(ended.children))
        return self._place(node, ended.extent, ended.anchor)

    def _known(self, anchor: str | None) -> tuple[Node, _Extent]:
        if anchor is None or anchor not in self._anchors:
            raise NotUsable("has an alias of nothing, or of what it stands in; write the value")
        return self._anchors[anchor]

    def _place(self, node: Node, extent: _Extent, anchor: str | None = None) -> Node:
        self._bound_levels(extent.levels)
        if anchor:
            self._anchors[anchor] = node, extent
        if self._open:
            self._open[-1].children.append(node)
            self._open[-1].extent.add(extent)
        return node

    def _take(self, extent: _Extent) -> _Extent:
        self._parts -= extent.parts
        self._characters -= extent.characters
        if self._parts < 0 or self._characters < 0:
            raise NotUsable("has too much in it, with its aliases written out; divide the class")
        return extent

    def _bound_levels(self, levels: int) -> None:
        if len(self._open) + levels > _DEEPEST:
            raise NotUsable(f"is nested more than {_DEEPEST} levels deep")


def _mapping(children: list[Node]) -> Mapping:
    """Return the mapping of alternating keys and values; an own key wins over a merged one, as in yaml.v3."""
    pairs = list(zip(children[::2], children[1::2], strict=True))
    merged = [value for key, value in pairs if _is_merge(key)]
    if not merged:
        return Mapping(tuple(pairs))
    if len(merged) > 1:
        raise NotUsable(f"has {_MERGE} twice in one mapping")
    own = [pair for pair in pairs if not _is_merge(pair[0])]
    known = {_text(key) for key, _ in own}
    for key, value in _merged_pairs(merged[0]):
        if _text(key) not in known:
            known.add(_text(key))
            own.append((key, value))
    return Mapping(tuple(own))


def _text(key: Node) -> str | Node:
    return key.text if isinstance(key, Scalar) else key


def _is_merge(key: Node) -> bool:
    return isinstance(key, Scalar) and key.is_plain and key.text == _MERGE


def _merged_pairs(merged: Node) -> Iterator[tuple[Node, Node]]:
    """Yield the pairs of a mapping, or of each mapping in a list, of which the first wins."""
    for each in merged.items if isinstance(merged, Listing) else (merged,):
        if not isinstance(each, Mapping):
            raise NotUsable(f"has {_MERGE} with something else than mappings")
        yield from each.pairs
