"""Evaluation of a parsed template on a secret, as Go's text/template executes it."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.nodes import (
    Action,
    Branch,
    Call,
    Command,
    Constant,
    Insertion,
    Jump,
    Node,
    Path,
    Pipeline,
    Text,
)
from vaultenv.template.parser import ROOT
from vaultenv.template.pieces import Piece, joined, pieces_of
from vaultenv.template.scope import Scope
from vaultenv.template.values import (
    ABSENT,
    ITEM,
    Opaque,
    StringMap,
    Struct,
    kind,
    ordered,
    printed,
    top_weight,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from vaultenv.template.functions import Function, Table
    from vaultenv.template.parser import Nodes, Trees
    from vaultenv.template.work import Work

INVALID, ZERO, ERROR = "invalid", "zero", "error"
"""What a key that a map does not have gives, as Go's option missingkey says."""
_NOTHING = object()
_DEEPEST_INSERTION = 40


def evaluate(nodes: Nodes, data: object, functions: Table, work: Work) -> str:
    """The text that the template makes of `data`; raises TemplateError, also when `work` is used up."""
    return joined(Evaluation({ROOT: nodes}, functions, work).output(ROOT, data))


class Deferred(Exception):
    """Raised by a function that cannot answer yet; what depends on its answer is left out of this evaluation."""


class _Jumped(Exception):
    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Evaluation:
    """The templates of one source at work: their functions, what a missing key is, and the work that they may do.

    `deferrals` counts what had to be left out because a function could not answer yet.
    """

    def __init__(self, trees: Trees, functions: Table, work: Work, missing_key: str = INVALID) -> None:
        self.trees = trees
        self.functions = functions
        self.work = work
        self.missing_key = missing_key
        self.deferrals = 0
        self.depth = 0
        self.length = 0

    def output(self, name: str, data: object, at: int = 0) -> list[Piece]:
        """Return what the template of that name prints for `data`, inserted at a position; raise TemplateError."""
        if name not in self.trees:
            raise TemplateError(f'template "{name}" not defined', at)
        if self.depth >= _DEEPEST_INSERTION:
            raise TemplateError(f"templates are inserted more than {_DEEPEST_INSERTION} deep", at)
        self.depth += 1
        try:
            run = _Run(self, data)
            run.nodes(self.trees[name], data)
        except RecursionError:
            raise TemplateError("nested too deeply") from None
        finally:
            self.depth -= 1
        return run.output

    def put(self, pieces: Sequence[Piece], output: list[Piece]) -> None:
        """Append pieces to an output; raise TemplateError if all output together is too long."""
        self.length = self.work.bounded(self.length + sum(len(piece.text) for piece in pieces))
        output.extend(pieces)


class _Run:
    """One template at work: its output, its variables, and the position of what is evaluated, for messages."""

    def __init__(self, evaluation: Evaluation, data: object) -> None:
        self.output: list[Piece] = []
        self._evaluation = evaluation
        self._work = evaluation.work
        self._scope = Scope(data)
        self._at = 0

    def nodes(self, nodes: Sequence[Node], dot: Any) -> None:
        """Execute nodes; those that depend on a deferred answer are passed over, and so is what they set."""
        for node in nodes:
            depth = self._scope.depth
            try:
                self._node(node, dot)
            except Deferred:
                self._evaluation.deferrals += 1
                self._scope.pop(depth)
                self._scope.forget(node)
                if _jumps(node):
                    raise

    def _node(self, node: Node, dot: Any) -> None:
        self._step()
        self._at = node.at
        if isinstance(node, Text):
            self._put((Piece(node.text, False),))
        elif isinstance(node, Action):
            value = self._pipeline(node.pipeline, dot)
            if not node.pipeline.variables:
                self._print(value, node)
        elif isinstance(node, Branch):
            depth = self._scope.depth
            self._branch(node, dot)
            self._scope.pop(depth)
        elif isinstance(node, Insertion):
            self._insert(node, dot)
        elif isinstance(node, Jump):
            raise _Jumped(node.kind)

    def _print(self, value: object, node: Node) -> None:
        self._at = node.at
        if isinstance(value, Opaque):
            raise self._error(f"can't print a value of type {kind(value)}")
        self._work.charge_value(value)
        self._put(pieces_of(value, printed(value)))

    def _put(self, pieces: Sequence[Piece]) -> None:
        self._evaluation.put(pieces, self.output)

    def _step(self) -> None:
        self._work.charge(ITEM)

    def _error(self, message: str) -> TemplateError:
        return TemplateError(message, self._at)

    def _insert(self, node: Insertion, dot: Any) -> None:
        if node.name not in self._evaluation.trees:
            raise self._error(f'template "{node.name}" not defined')
        data = self._pipeline(node.pipeline, dot) if node.pipeline else ABSENT
        self.output += self._evaluation.output(node.name, data, self._at)

    def _branch(self, node: Branch, dot: Any) -> None:
        if node.kind == "range":
            try:
                self._range(node, dot)
            except _Jumped as jump:
                if jump.kind != "break":
                    raise
            return
        value = self._pipeline(node.pipeline, dot)
        if value:
            self.nodes(node.body, value if node.kind == "with" else dot)
        else:
            self.nodes(node.otherwise, dot)

    def _range(self, node: Branch, dot: Any) -> None:
        value = self._pipeline(node.pipeline, dot)
        if isinstance(value, dict):
            self._work.charge(top_weight(value))
        depth, is_empty = self._scope.depth, True
        for key, item in self._pairs(value, node.pipeline):
            is_empty = False
            self._step()
            self._bind(node.pipeline, key, item)
            try:
                self.nodes(node.body, item)
            except _Jumped as jump:
                if jump.kind == "break":
                    raise
            finally:
                self._scope.pop(depth)
        if is_empty:
            self.nodes(node.otherwise, dot)

    def _bind(self, pipeline: Pipeline, key: object, item: object) -> None:
        names = pipeline.variables
        values = (item,) if len(names) == 1 else (key, item)
        for place, (name, value) in enumerate(zip(names, values, strict=False)):
            if pipeline.declares:
                self._scope.set_last(len(names) - place, value)
            else:
                self._assign(name, value)

    def _pairs(self, value: Any, pipeline: Pipeline) -> Iterator[tuple[object, object]]:
        """Yield the items of `range`: of a list, of a map by sorted keys, the numbers below an integer."""
        if isinstance(value, dict):
            yield from ((key, value[key]) for key in ordered(value))
        elif isinstance(value, list):
            yield from enumerate(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            if len(pipeline.variables) > 1:
                raise self._error("can't use a number to iterate over more than one variable")
            yield from ((ABSENT, type(value)(number)) for number in range(value))
        elif hasattr(value, "__next__"):
            yield from enumerate(value)
        elif value is not ABSENT:
            raise self._error(f"range can't iterate over a value of type {kind(value)}")

    def _assign(self, name: str, value: object) -> None:
        if not self._scope.assign(name, value):
            raise self._error(f"undefined variable: {name}")

    def _pipeline(self, pipeline: Pipeline, dot: Any) -> Any:
        self._at = pipeline.at
        value: Any = _NOTHING
        for command in pipeline.commands:
            value = self._command(command, dot, value)
            value = ABSENT if value is None else value
        for name in pipeline.variables:
            if pipeline.declares:
                self._scope.declare(name, value)
            else:
                self._assign(name, value)
        return value

    def _command(self, command: Command, dot: Any, last: Any) -> Any:
        self._step()
        first, *rest = command.operands
        if isinstance(first, Call):
            self._at = first.at
            return self._call(self._function(first), first.name, first.at, rest, dot, last)
        if isinstance(first, Path) and first.fields:
            return self._fields(first, rest, dot, last)
        if not isinstance(first, Pipeline):
            self._at = first.at
        if rest or last is not _NOTHING:
            raise self._error("can't give arguments to what is not a function")
        if isinstance(first, Constant) and first.value is None:
            raise self._error("nil is not a command")
        return self._operand(first, dot)

    def _function(self, call: Call) -> Function:
        return self._evaluation.functions[call.name]

    def _call(
        self, function: Function, name: str, at: int, operands: Sequence[Node], dot: Any, last: Any
    ) -> Any:
        """Call a function or method with its operands and the value before it in the pipeline, if there is one."""
        try:
            letters = function.letters(name, len(operands) + (last is not _NOTHING))
        except TemplateError as error:
            raise self._error(error.message) from None
        if name in ("and", "or"):
            return self._junction(name, operands, dot, last)
        arguments = [
            self._argument(function, name, number, letters, operand, dot)
            for number, operand in enumerate(operands)
        ]
        if last is not _NOTHING:
            arguments.append(self._checked(function, name, len(operands), letters, last, literal=False))
        try:
            return function.call(letters, arguments, self._work)
        except TemplateError as error:
            raise TemplateError(f"error calling {name}: {error.message}", at) from None

    def _argument(
        self, function: Function, name: str, number: int, letters: str, operand: Node, dot: Any
    ) -> Any:
        self._at = operand.at
        value = self._operand(operand, dot)
        return self._checked(function, name, number, letters, value, isinstance(operand, Constant))

    def _checked(
        self, function: Function, name: str, number: int, letters: str, value: Any, literal: bool
    ) -> Any:
        try:
            return function.argument(name, number + 1, letters[number], value, literal)
        except TemplateError as error:
            raise self._error(error.message) from None

    def _junction(self, name: str, operands: Sequence[Node], dot: Any, last: Any) -> Any:
        """Evaluate `and` or `or`: return the first operand that decides, else the last one."""
        value: Any = _NOTHING
        for operand in operands:
            self._at = operand.at
            value = self._operand(operand, dot)
            if bool(value) == (name == "or"):
                return value
        return value if last is _NOTHING else last

    def _operand(self, node: Node, dot: Any) -> Any:
        self._step()
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, Call):
            self._at = node.at
            return self._call(self._function(node), node.name, node.at, (), dot, _NOTHING)
        if isinstance(node, Pipeline):
            return self._pipeline(node, dot)
        assert isinstance(node, Path)  # noqa: S101 (the parser makes no other operand)
        if node.fields:
            return self._fields(node, (), dot, _NOTHING)
        self._at = node.at
        return dot if node.base is None else self._variable(str(node.base))

    def _variable(self, name: str) -> Any:
        self._work.charge(self._scope.depth)
        value = self._scope.value(name)
        if value is Scope.UNDEFINED:
            raise self._error(f"undefined variable: {name}")
        if value is Scope.DEFERRED:
            raise Deferred
        return value

    def _fields(self, node: Path, rest: Sequence[Node], dot: Any, last: Any) -> Any:
        """Return the value of the node's last field, which is called with arguments if it is a method."""
        self._at = node.at
        value = self._base(node, dot)
        *before, final = node.fields
        for field in before:
            value = self._field(value, field, node, (), dot, _NOTHING)
        return self._field(value, final, node, rest, dot, last)

    def _base(self, node: Path, dot: Any) -> Any:
        if node.base is None:
            return dot
        if isinstance(node.base, str):
            return self._variable(node.base)
        self._at = node.base.at
        return self._operand(node.base, dot)

    def _field(self, value: Any, name: str, node: Path, rest: Sequence[Node], dot: Any, last: Any) -> Any:
        if value is ABSENT:
            if self._evaluation.missing_key == ERROR:
                raise self._error(f'nil data; no entry for key "{name}"')
            return ABSENT
        if value is None:
            raise self._error(f"nil pointer evaluating interface {{}}.{name}")
        if isinstance(value, Struct) and name in value.methods:
            return self._call(value.methods[name], name, node.at, rest, dot, last)
        if not isinstance(value, dict) and not (isinstance(value, Struct) and name in value.fields):
            raise self._error(f"can't evaluate field {name} in type {kind(value)}")
        if rest or last is not _NOTHING:
            raise self._error(f"{name} is not a method but has arguments")
        return value.fields[name] if isinstance(value, Struct) else self._entry(value, name)

    def _entry(self, value: dict[str, Any], name: str) -> Any:
        if name in value:
            return value[name]
        if self._evaluation.missing_key == ERROR:
            raise self._error(f'map has no entry for key "{name}"')
        if self._evaluation.missing_key == INVALID:
            return ABSENT
        return "" if isinstance(value, StringMap) else None


def _jumps(node: Node) -> bool:
    """Return whether the node may leave a loop around it, or end its turn."""
    if isinstance(node, Branch):
        inside = () if node.kind == "range" else node.body
        return any(map(_jumps, (*inside, *node.otherwise)))
    return isinstance(node, Jump)
