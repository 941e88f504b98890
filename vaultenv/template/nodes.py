"""The tree of a parsed template. Every node has its character position, `at`, for messages: Go's own positions."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Node:
    """Base of all nodes."""

    __slots__ = ("at",)

    def __init__(self, at: int) -> None:
        self.at = at


class Text(Node):
    """Literal text."""

    __slots__ = ("text",)

    def __init__(self, at: int, text: str) -> None:
        super().__init__(at)
        self.text = text


class Constant(Node):
    """A string, number, boolean or nil (None)."""

    __slots__ = ("value",)

    def __init__(self, at: int, value: object) -> None:
        super().__init__(at)
        self.value = value


class Path(Node):
    """Fields of a base: of dot (None), of a variable (its name), of a pipeline in parentheses, or of a function's value."""

    __slots__ = ("base", "fields")

    def __init__(self, at: int, base: str | Pipeline | Call | None, fields: Sequence[str]) -> None:
        super().__init__(at)
        self.base = base
        self.fields = tuple(fields)


class Call(Node):
    """A function's name as an operand."""

    __slots__ = ("name",)

    def __init__(self, at: int, name: str) -> None:
        super().__init__(at)
        self.name = name


class Command(Node):
    """An operand, with arguments if it is a function or a method."""

    __slots__ = ("operands",)

    def __init__(self, at: int, operands: Sequence[Node]) -> None:
        super().__init__(at)
        self.operands = tuple(operands)


class Pipeline(Node):
    """Commands, each of which passes its value to the next; the last value is assigned to the variables, if any.

    `declares` distinguishes `:=` from `=`. As an operand, it is in parentheses.
    """

    __slots__ = ("commands", "declares", "variables")

    def __init__(
        self, at: int, commands: Sequence[Command], variables: Sequence[str], declares: bool
    ) -> None:
        super().__init__(at)
        self.commands = tuple(commands)
        self.variables = tuple(variables)
        self.declares = declares


class Action(Node):
    """A pipeline whose value is printed, unless it sets variables."""

    __slots__ = ("pipeline",)

    def __init__(self, at: int, pipeline: Pipeline) -> None:
        super().__init__(at)
        self.pipeline = pipeline


class Branch(Node):
    """`if`, `with` or `range`, by `kind`."""

    __slots__ = ("body", "kind", "otherwise", "pipeline")

    def __init__(
        self, at: int, kind: str, pipeline: Pipeline, body: Sequence[Node], otherwise: Sequence[Node]
    ) -> None:
        super().__init__(at)
        self.kind = kind
        self.pipeline = pipeline
        self.body = tuple(body)
        self.otherwise = tuple(otherwise)


class Jump(Node):
    """`break` or `continue`."""

    __slots__ = ("kind",)

    def __init__(self, at: int, kind: str) -> None:
        super().__init__(at)
        self.kind = kind


class Insertion(Node):
    """`template`, or the place of a `block`: the name of a template, and the pipeline of its dot, if any."""

    __slots__ = ("name", "pipeline")

    def __init__(self, at: int, name: str, pipeline: Pipeline | None) -> None:
        super().__init__(at)
        self.name = name
        self.pipeline = pipeline


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and all nodes below it, in the order of the template."""
    yield node
    for inner in _inner(node):
        yield from walk(inner)


def _inner(node: Node) -> Sequence[Node]:
    if isinstance(node, Pipeline):
        return node.commands
    if isinstance(node, Command):
        return node.operands
    if isinstance(node, Branch):
        return (node.pipeline, *node.body, *node.otherwise)
    if isinstance(node, Path):
        return () if node.base is None or isinstance(node.base, str) else (node.base,)
    if isinstance(node, (Action, Insertion)):
        return (node.pipeline,) if node.pipeline else ()
    return ()
