"""The tree of a parsed template. Every node has its character position, `at`, for messages."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


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
    """Fields of a base: of dot (None), of a variable (its name), or of a pipeline in parentheses."""

    __slots__ = ("base", "fields")

    def __init__(self, at: int, base: str | Pipeline | None, fields: Sequence[str]) -> None:
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
    """An operand, with arguments if it is a function."""

    __slots__ = ("operands",)

    def __init__(self, at: int, operands: Sequence[Node]) -> None:
        super().__init__(at)
        self.operands = tuple(operands)


class Pipeline(Node):
    """Commands, each giving its value to the next; the last value goes to the variables, if any.

    `declares` tells `:=` from `=`.
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
