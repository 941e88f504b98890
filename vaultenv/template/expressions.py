"""Evaluation of pipelines, commands and operands: the expressions of Go's text/template."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.nodes import Call, Command, Constant, Node, Path, Pipeline
from vaultenv.template.scope import Scope
from vaultenv.template.types import ABSENT, StringMap, Struct
from vaultenv.template.values import ITEM, kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from vaultenv.template.functions import Function, Tables
    from vaultenv.template.work import Work

INVALID, ZERO, ERROR = "invalid", "zero", "error"
"""The value of a missing key of a map, as in Go's option missingkey."""
NIL_IN_TESTS = "nil in tests"
"""A further rule: nil in tests for a value, an error in other places and if nil would be printed."""
_TESTING = frozenset(("and", "or", "not", "eq", "ne", "default", "coalesce", "empty"))
_NOTHING = object()
_CALLING = "error calling "


class Deferred(Exception):
    """Raised by a function whose answer is not known yet; nodes that depend on it are left out of this evaluation."""


class Expressions:
    """Evaluates the expressions of one template; `at` is the position of the evaluated node, for messages."""

    def __init__(self, functions: Tables, work: Work, missing_key: str, scope: Scope) -> None:
        self.at = 0
        self._is_test = False
        self._functions = functions
        self._missing_key = missing_key
        self._scope = scope
        self._work = work

    def step(self) -> None:
        """Charge a step; raise TemplateError if none is left."""
        self._work.charge(ITEM)

    def error(self, message: str) -> TemplateError:
        """Return an error at the present position."""
        return TemplateError(message, self.at)

    def assign(self, name: str, value: object) -> None:
        """Set a variable; raise TemplateError if there is none of that name."""
        if not self._scope.assign(name, value):
            raise self.error(f"undefined variable: {name}")

    def pipeline(self, pipeline: Pipeline, dot: Any, is_test: bool = False) -> Any:
        """Return the value of the last command, ABSENT instead of nil, and set the variables to it.

        With `is_test` the template only tests for a value.
        """
        self.at = pipeline.at
        value: Any = _NOTHING
        last = len(pipeline.commands) - 1
        for place, command in enumerate(pipeline.commands):
            self._is_test = is_test if place == last else _is_test(pipeline.commands[place + 1])
            value = self._command(command, dot, value)
            value = ABSENT if value is None else value
        for name in pipeline.variables:
            if pipeline.declares:
                self._scope.declare(name, value)
            else:
                self.assign(name, value)
        return value

    def _command(self, command: Command, dot: Any, last: Any) -> Any:
        self.step()
        first, *rest = command.operands
        if isinstance(first, Call):
            self.at = first.at
            return self._call(self._function(first), first.name, first.at, rest, dot, last)
        if isinstance(first, Path) and first.fields:
            return self._fields(first, rest, dot, last)
        if not isinstance(first, Pipeline):
            self.at = first.at
        if rest or last is not _NOTHING:
            raise self.error("can't give arguments to what is not a function")
        if isinstance(first, Constant) and first.value is None:
            raise self.error("nil is not a command")
        return self._operand(first, dot)

    def _function(self, call: Call) -> Function:
        return self._functions[call.name]

    def _call(
        self, function: Function, name: str, at: int, operands: Sequence[Node], dot: Any, last: Any
    ) -> Any:
        """Call a function or method with its operands and the preceding value of the pipeline, if any."""
        try:
            letters = function.letters(name, len(operands) + (last is not _NOTHING))
        except TemplateError as error:
            raise self.error(error.message) from None
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
            inner = error.message.startswith(_CALLING)
            raise TemplateError(
                error.message if inner else f"{_CALLING}{name}: {error.message}", at
            ) from None

    def _argument(
        self, function: Function, name: str, number: int, letters: str, operand: Node, dot: Any
    ) -> Any:
        self.at = operand.at
        self._is_test = name in _TESTING
        value = self._operand(operand, dot)
        return self._checked(function, name, number, letters, value, isinstance(operand, Constant))

    def _checked(
        self, function: Function, name: str, number: int, letters: str, value: Any, literal: bool
    ) -> Any:
        try:
            return function.argument(name, number + 1, letters[number], value, literal)
        except TemplateError as error:
            raise self.error(error.message) from None

    def _junction(self, name: str, operands: Sequence[Node], dot: Any, last: Any) -> Any:
        """Evaluate `and` or `or`: return the first operand that decides, else the last one."""
        value: Any = _NOTHING
        for operand in operands:
            self.at = operand.at
            self._is_test = True
            value = self._operand(operand, dot)
            if bool(value) == (name == "or"):
                return value
        return value if last is _NOTHING else last

    def _operand(self, node: Node, dot: Any) -> Any:
        self.step()
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, Call):
            self.at = node.at
            return self._call(self._function(node), node.name, node.at, (), dot, _NOTHING)
        if isinstance(node, Pipeline):
            return self.pipeline(node, dot, self._is_test)
        assert isinstance(node, Path)  # noqa: S101 (the parser makes no other operand)
        if node.fields:
            return self._fields(node, (), dot, _NOTHING)
        self.at = node.at
        return dot if node.base is None else self._variable(str(node.base))

    def _variable(self, name: str) -> Any:
        self._work.charge(self._scope.depth)
        value = self._scope.value(name)
        if value is Scope.UNDEFINED:
            raise self.error(f"undefined variable: {name}")
        if value is Scope.DEFERRED:
            raise Deferred
        return value

    def _fields(self, node: Path, rest: Sequence[Node], dot: Any, last: Any) -> Any:
        """Return the value of the node's last field, which is called with arguments if it is a method."""
        self.at = node.at
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
        self.at = node.base.at
        return self._operand(node.base, dot)

    def _field(self, value: Any, name: str, node: Path, rest: Sequence[Node], dot: Any, last: Any) -> Any:
        if value is ABSENT:
            if self._missing_key in (ERROR, NIL_IN_TESTS):
                raise self.error(f'nil data; no entry for key "{name}"')
            return ABSENT
        if value is None:
            raise self.error(f'nothing has a key "{name}": the key before it is missing or null')
        if isinstance(value, Struct) and name in value.methods:
            return self._call(value.methods[name], name, node.at, rest, dot, last)
        if not isinstance(value, dict) and not (isinstance(value, Struct) and name in value.fields):
            raise self.error(f"can't evaluate field {name} in type {kind(value)}")
        if rest or last is not _NOTHING:
            raise self.error(f"{name} is not a method but has arguments")
        return value.fields[name] if isinstance(value, Struct) else self._entry(value, name)

    def _entry(self, value: dict[str, Any], name: str) -> Any:
        if name in value:
            return value[name]
        if self._missing_key == ERROR or (self._missing_key == NIL_IN_TESTS and not self._is_test):
            raise self.error(f'map has no entry for key "{name}"')
        if self._missing_key in (INVALID, NIL_IN_TESTS):
            return ABSENT
        return "" if isinstance(value, StringMap) else None


def _is_test(command: Command) -> bool:
    """Return whether a command tests for the preceding value of the pipeline."""
    first = command.operands[0]
    return isinstance(first, Call) and first.name in _TESTING
