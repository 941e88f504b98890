"""The variables of a template during its execution."""

from __future__ import annotations

from vaultenv.template.nodes import Branch, Pipeline, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from vaultenv.template.nodes import Node


class Scope:
    """Holds the variables with their values, innermost last; `$` is the first."""

    UNDEFINED = object()
    DEFERRED = object()
    """The value of a variable that depends on an unknown answer."""

    def __init__(self, data: object) -> None:
        self._variables: list[tuple[str, object]] = [("$", data)]

    @property
    def depth(self) -> int:
        """Return the number of variables."""
        return len(self._variables)

    def pop(self, depth: int) -> None:
        """Remove all variables except the first `depth` ones."""
        del self._variables[depth:]

    def declare(self, name: str, value: object) -> None:
        """Add a variable."""
        self._variables.append((name, value))

    def set_last(self, place: int, value: object) -> None:
        """Set the last variable (1), the last but one (2), …"""
        self._variables[-place] = (self._variables[-place][0], value)

    def assign(self, name: str, value: object) -> bool:
        """Set the innermost variable of that name; return False if there is none."""
        for place in range(len(self._variables) - 1, -1, -1):
            if self._variables[place][0] == name:
                self._variables[place] = (name, value)
                return True
        return False

    def value(self, name: str) -> Any:
        """Return the value of the innermost variable of that name, or UNDEFINED."""
        for known, value in reversed(self._variables):
            if known == name:
                return value
        return self.UNDEFINED

    def forget(self, node: Node) -> None:
        """Mark as DEFERRED all variables that a node would have assigned, or declared for its successors."""
        is_branch = isinstance(node, Branch)
        for pipeline in walk(node):
            if not isinstance(pipeline, Pipeline) or (is_branch and pipeline.declares):
                continue
            for name in pipeline.variables:
                if pipeline.declares:
                    self.declare(name, self.DEFERRED)
                else:
                    self.assign(name, self.DEFERRED)
