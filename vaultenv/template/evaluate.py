"""Evaluation of a parsed template on a secret, by the rules of Go's text/template."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.expressions import INVALID, NIL_IN_TESTS, Deferred, Expressions
from vaultenv.template.nodes import Action, Branch, Insertion, Jump, Node, Pipeline, Text
from vaultenv.template.parser import ROOT
from vaultenv.template.pieces import Piece, joined, pieces_of
from vaultenv.template.scope import Scope
from vaultenv.template.types import ABSENT, Opaque
from vaultenv.template.values import kind, ordered, printed, top_weight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from vaultenv.template.functions import Tables
    from vaultenv.template.parser import Nodes, Trees
    from vaultenv.template.work import Work

_DEEPEST_INSERTION = 40


def evaluate(nodes: Nodes, data: object, functions: Tables, work: Work) -> str:
    """Return the output of the template for `data`; raise TemplateError, also when `work` is used up."""
    return joined(Evaluation({ROOT: nodes}, functions, work).output(ROOT, data))


class _Jumped(Exception):
    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Evaluation:
    """Executes the templates of one source, with their functions, the rule for missing keys, and a limit of work.

    `deferrals` counts the nodes that were left out because an answer is not known yet.
    """

    def __init__(self, trees: Trees, functions: Tables, work: Work, missing_key: str = INVALID) -> None:
        self.trees = trees
        self.functions = functions
        self.work = work
        self.missing_key = missing_key
        self.deferrals = 0
        self.depth = 0
        self.length = 0

    def output(self, name: str, data: object, at: int = 0) -> list[Piece]:
        """Return the output of the template of that name for `data`, inserted at a position; raise TemplateError."""
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
        self.length = self.work.bounded(self.length + sum([len(piece.text) for piece in pieces]))
        output.extend(pieces)


class _Run:
    """One execution of a template: its output, its variables and its expressions."""

    def __init__(self, evaluation: Evaluation, data: object) -> None:
        self.output: list[Piece] = []
        self._evaluation = evaluation
        self._work = evaluation.work
        self._scope = Scope(data)
        self._values = Expressions(evaluation.functions, evaluation.work, evaluation.missing_key, self._scope)

    def nodes(self, nodes: Sequence[Node], dot: Any) -> None:
        """Execute nodes; skip those that depend on a deferred answer, with the variables that they set."""
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
        self._values.step()
        self._values.at = node.at
        if isinstance(node, Text):
            self._put((Piece(node.text, False),))
        elif isinstance(node, Action):
            value = self._values.pipeline(node.pipeline, dot)
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
        self._values.at = node.at
        if self._evaluation.missing_key == NIL_IN_TESTS and (value is None or value is ABSENT):
            raise self._values.error("there is no value to print: a key is missing or null")
        if isinstance(value, Opaque):
            raise self._values.error(f"can't print a value of type {kind(value)}")
        self._work.charge_value(value)
        self._put(pieces_of(value, printed(value)))

    def _put(self, pieces: Sequence[Piece]) -> None:
        self._evaluation.put(pieces, self.output)

    def _insert(self, node: Insertion, dot: Any) -> None:
        if node.name not in self._evaluation.trees:
            raise self._values.error(f'template "{node.name}" not defined')
        data = self._values.pipeline(node.pipeline, dot) if node.pipeline else ABSENT
        self.output += self._evaluation.output(node.name, data, self._values.at)

    def _branch(self, node: Branch, dot: Any) -> None:
        if node.kind == "range":
            try:
                self._range(node, dot)
            except _Jumped as jump:
                if jump.kind != "break":
                    raise
            return
        value = self._values.pipeline(node.pipeline, dot, is_test=True)
        if value:
            self.nodes(node.body, value if node.kind == "with" else dot)
        else:
            self.nodes(node.otherwise, dot)

    def _range(self, node: Branch, dot: Any) -> None:
        value = self._values.pipeline(node.pipeline, dot)
        if isinstance(value, dict):
            self._work.charge(top_weight(value))
        depth, is_empty = self._scope.depth, True
        for key, item in self._pairs(value, node.pipeline):
            is_empty = False
            self._values.step()
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
                self._values.assign(name, value)

    def _pairs(self, value: Any, pipeline: Pipeline) -> Iterator[tuple[object, object]]:
        """Yield the items of `range`: of a list, of a map by sorted keys, the numbers below an integer."""
        if isinstance(value, dict):
            yield from ((key, value[key]) for key in ordered(value))
        elif isinstance(value, list):
            yield from enumerate(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            if len(pipeline.variables) > 1:
                raise self._values.error("can't use a number to iterate over more than one variable")
            yield from ((ABSENT, type(value)(number)) for number in range(value))
        elif hasattr(value, "__next__"):
            yield from enumerate(value)
        elif value is not ABSENT:
            raise self._values.error(f"range can't iterate over a value of type {kind(value)}")


def _jumps(node: Node) -> bool:
    """Return whether the node may break out of the loop around it, or continue it."""
    if isinstance(node, Branch):
        inside = () if node.kind == "range" else node.body
        return any(map(_jumps, (*inside, *node.otherwise)))
    return isinstance(node, Jump)
