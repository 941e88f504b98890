"""One rendering: functions that return the known answers of Vault, or record the missing ones."""

from __future__ import annotations

import vaultenv.template.consul.needs as needs
from vaultenv.template.consul.functions import ENV, POD_FACTS, functions
from vaultenv.template.consul.signatures import StrictFunction
from vaultenv.template.errors import TemplateError
from vaultenv.template.evaluate import Evaluation
from vaultenv.template.expressions import Deferred
from vaultenv.template.parser import ROOT
from vaultenv.template.pieces import Composed
from vaultenv.template.types import ABSENT, Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from vaultenv.template.consul.needs import Need
    from vaultenv.template.functions import Function
    from vaultenv.template.parser import Trees
    from vaultenv.template.pieces import Piece
    from vaultenv.template.work import Work

_MOST_NEEDS = 1000
_CHANGING = ("mergeMap", "MapSet", "explodeMap")
"""Functions that may change an answer; a template without these words changes none."""


class _Known(StrictFunction):
    """A function with a known result, which charges only its arguments."""

    __slots__ = ()

    def call(self, letters: str, arguments: Sequence[Any], work: Work) -> Any:
        """Return the function's value; raise TemplateError."""
        work.charge(sum(len(argument) for argument in arguments if isinstance(argument, str)))
        return self._call(*arguments)


class Rendering:
    """Renders trees, once for each set of answers. Afterwards `missing` has the needs without an answer, in the order of
    the template.
    """

    def __init__(
        self,
        trees: Trees,
        source: str,
        work: Work,
        missing_key: str,
        now_s: float,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        self.missing: dict[Need, None]
        self._answers: Mapping[Need, object]
        self._copies: dict[Need, Any]
        self._scratch: Struct | None
        self._evaluation: Evaluation
        self._changes = any(word in source for word in _CHANGING)
        self._now_s = now_s
        self._facts = facts
        self._trees = trees
        self.work = work
        self._missing_key = missing_key
        self._functions = functions(self._bound())

    def pieces(self, answers: Mapping[Need, object]) -> list[Piece]:
        """Return the output, which is incomplete while answers are missing; raise TemplateError."""
        self._answers, self.missing, self._copies, self._scratch = answers, {}, {}, None
        self._evaluation = Evaluation(self._trees, self._functions, self.work, self._missing_key)
        return self._evaluation.output(ROOT, ABSENT)

    def _bound(self) -> dict[str, Function]:
        env = {} if self._facts is None else {ENV: _Known(self._env, "s")}
        return {
            **env,
            "executeTemplate": _Known(self._execute, "sv*"),
            "pkiCert": _Known(self._certificate, "s*"),
            "scratch": _Known(self._current_scratch, ""),
            "secret": _Known(self._secret, "s*"),
            "secrets": _Known(lambda path: self._answer(needs.names(path)), "s"),
            "timestamp": StrictFunction(self._timestamp, "s*"),
        }

    def _env(self, name: str) -> str:
        if name not in POD_FACTS:
            from vaultenv.template.consul.refused import refusal

            raise TemplateError(refusal(ENV))
        value = (self._facts or {}).get(name, "")
        if not value:
            raise TemplateError(f"the agent's variable {name} is not set: set it in its container")
        return value

    def _secret(self, *words: str) -> Any:
        if not words:
            return None
        path, *pairs = words
        return self._answer(needs.write(path, pairs) if pairs else needs.read(path))

    def _certificate(self, *words: str) -> Any:
        return self._answer(needs.certificate(words[0], words[1:])) if words else None

    def _answer(self, need: Need) -> Any:
        if need in self._answers:
            return self._own(need, self._answers[need])
        self.missing[need] = None
        if len(self.missing) + len(self._answers) > _MOST_NEEDS:
            raise TemplateError(f"the template asks Vault for more than {_MOST_NEEDS} things")
        raise Deferred

    def _own(self, need: Need, answer: Any) -> Any:
        """Return the answer, or its one copy if the template may change it."""
        if not self._changes:
            return answer
        if need not in self._copies:
            self.work.charge_value(answer)
            self._copies[need] = _copied(answer)
        return self._copies[need]

    def _current_scratch(self) -> Struct:
        """Return the scratch, unless an action that was left out may have changed it."""
        if self._evaluation.deferrals:
            raise Deferred
        if self._scratch is None:
            from vaultenv.template.consul.scratch import scratch

            self._scratch = scratch()
        return self._scratch

    def _timestamp(self, *layout: str) -> str:
        from vaultenv.template.consul.timestamp import timestamp

        return timestamp(self._now_s, *layout)

    def _execute(self, name: str, *data: Any) -> str:
        if len(data) > 1:
            raise TemplateError(f"wrong number of arguments, expected 1 or 2, but got {len(data) + 1}")
        if name not in self._evaluation.trees:
            raise TemplateError("no template of that name is defined")
        before = self._evaluation.deferrals
        dot = data[0] if data and data[0] is not None else ABSENT
        pieces = self._evaluation.output(name, dot)
        if self._evaluation.deferrals != before:
            raise Deferred
        return Composed.of(pieces)


def _copied(value: Any) -> Any:
    if isinstance(value, Struct):
        fields = {name: _copied(field) for name, field in value.fields.items()}
        return Struct(value.name, fields, value.methods, value.is_pointer)
    if isinstance(value, dict):
        return type(value)({key: _copied(item) for key, item in value.items()})
    return type(value)(map(_copied, value)) if isinstance(value, list) else value
