"""Evaluation of a parsed template on a secret, as Go's text/template executes it."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.nodes import Action, Branch, Call, Command, Constant, Jump, Node, Path, Pipeline, Text
from vaultenv.template.values import ITEM, kind, ordered, printed, top_weight, truth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from vaultenv.template.functions import Table
    from vaultenv.template.work import Work

_NOTHING = object()


def evaluate(nodes: Sequence[Node], data: object, functions: Table, work: Work) -> str:
    """The text that the template makes of `data`; raises TemplateError, also when `work` is used up."""
    run = _Run(data, functions, work)
    try:
        run.nodes(nodes, data)
    except RecursionError:
        raise TemplateError("nested too deeply") from None
    return "".join(run.output)


class _Jumped(Exception):
    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class _Run:
    """One evaluation: its output, its variables (name and value, innermost last), and the remaining steps and output."""

    def __init__(self, data: object, functions: Table, work: Work) -> None:
        self.output: list[str] = []
        self._functions = functions
        self._variables: list[tuple[str, object]] = [("$", data)]
        self._work = work
        self._length = 0

    def nodes(self, nodes: Sequence[Node], dot: Any) -> None:
        for node in nodes:
            self._node(node, dot)

    def _node(self, node: Node, dot: Any) -> None:
        self._step()
        if isinstance(node, Text):
            self._print(node.text)
        elif isinstance(node, Action):
            value = self._pipeline(node.pipeline, dot)
            if not node.pipeline.variables:
                self._work.charge_value(value)
                self._print(printed(value))
        elif isinstance(node, Branch):
            scope = len(self._variables)
            self._branch(node, dot)
            del self._variables[scope:]
        elif isinstance(node, Jump):
            raise _Jumped(node.kind)

    def _print(self, text: str) -> None:
        self._length = self._work.bounded(self._length + len(text))
        self.output.append(text)

    def _step(self) -> None:
        self._work.charge(ITEM)

    def _branch(self, node: Branch, dot: Any) -> None:
        if node.kind == "range":
            self._range(node, dot)
            return
        value = self._pipeline(node.pipeline, dot)
        if truth(value):
            self.nodes(node.body, value if node.kind == "with" else dot)
        else:
            self.nodes(node.otherwise, dot)

    def _range(self, node: Branch, dot: Any) -> None:
        value = self._value(node.pipeline, dot)
        if isinstance(value, dict):
            self._work.charge(top_weight(value))
        scope, is_empty = len(self._variables), True
        for key, item in _pairs(value, node):
            is_empty = False
            self._step()
            self._bind_range(node.pipeline, key, item)
            try:
                self.nodes(node.body, item)
            except _Jumped as jump:
                if jump.kind == "break":
                    break
            finally:
                del self._variables[scope:]
        if is_empty:
            self.nodes(node.otherwise, dot)

    def _bind_range(self, pipeline: Pipeline, key: object, item: object) -> None:
        names = pipeline.variables
        values = (item,) if len(names) == 1 else (key, item)
        for name, value in zip(names, values, strict=False):
            self._set(name, value, pipeline.declares)

    def _set(self, name: str, value: object, declares: bool) -> None:
        if declares:
            self._variables.append((name, value))
            return
        position = max(i for i, (known, _) in enumerate(self._variables) if known == name)
        self._variables[position] = (name, value)

    def _pipeline(self, pipeline: Pipeline, dot: Any) -> Any:
        value = self._value(pipeline, dot)
        for name in pipeline.variables:
            self._set(name, value, pipeline.declares)
        return value

    def _value(self, pipeline: Pipeline, dot: Any) -> Any:
        value: Any = _NOTHING
        for command in pipeline.commands:
            value = self._command(command, dot, value)
        return value

    def _command(self, command: Command, dot: Any, last: Any) -> Any:
        self._step()
        first, *rest = command.operands
        if isinstance(first, Call):
            return self._call(first, rest, dot, last)
        if rest or last is not _NOTHING:
            raise TemplateError("only a function has arguments", first.at)
        if isinstance(first, Constant) and first.value is None:
            raise TemplateError("nil is not a command", first.at)
        return self._operand(first, dot)

    def _call(self, call: Call, operands: Sequence[Node], dot: Any, last: Any) -> Any:
        if call.name in ("and", "or"):
            return self._junction(call, operands, dot, last)
        arguments = [self._operand(operand, dot) for operand in operands]
        if last is not _NOTHING:
            arguments.append(last)
        try:
            return self._functions[call.name](call.name, arguments, self._work)
        except TemplateError as error:
            raise TemplateError(f"error calling {call.name}: {error.message}", call.at) from None

    def _junction(self, call: Call, operands: Sequence[Node], dot: Any, last: Any) -> Any:
        """Evaluate `and` or `or`: return the first operand that decides, else the last one."""
        value: Any = _NOTHING
        for operand in operands:
            value = self._operand(operand, dot)
            if truth(value) == (call.name == "or"):
                return value
        value = value if last is _NOTHING else last
        if value is _NOTHING:
            raise TemplateError(f"wrong number of args for {call.name}: want at least 1 got 0", call.at)
        return value

    def _operand(self, node: Node, dot: Any) -> Any:
        self._step()
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, Call):
            return self._call(node, (), dot, _NOTHING)
        assert isinstance(node, Path)  # noqa: S101 (the parser makes no other operand)
        return _fields(self._base(node, dot), node)

    def _base(self, node: Path, dot: Any) -> Any:
        if isinstance(node.base, Pipeline):
            return self._value(node.base, dot)
        if node.base is None:
            return dot
        self._work.charge(len(self._variables))
        return next(value for name, value in reversed(self._variables) if name == node.base)


def _fields(value: Any, node: Path) -> Any:
    for field in node.fields:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise TemplateError(f"can't evaluate field {field} in type {kind(value)}", node.at)
        value = value.get(field)
    return value


def _pairs(value: Any, node: Node) -> Iterable[tuple[object, object]]:
    """Yield the items of `range`: of a list, of a map by sorted keys, the numbers below an integer."""
    if value is None:
        return ()
    if isinstance(value, dict):
        return [(key, value[key]) for key in ordered(value)]
    if isinstance(value, list):
        return enumerate(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return ((number, number) for number in range(value))
    raise TemplateError(f"range can't iterate over {kind(value)}", node.at)
