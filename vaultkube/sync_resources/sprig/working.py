"""Functions that charge for their work while they run, as their arguments do not tell how much it will be."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from vaultenv.template.functions import Function

if TYPE_CHECKING:
    from vaultenv.template.work import Work

UNITS_PER_CHARACTER = 64
"""Charge for a character that takes a few dozen steps."""


class Working(Function):
    """A function whose callable has `work` before the arguments; these are charged as those of all functions are."""

    __slots__ = ()

    def call(self, letters: str, arguments: Sequence[Any], work: "Work") -> Any:
        """Return the function's value; raise TemplateError, also for more than `work` allows."""
        return Function(partial(self._call, work), "").call(letters, arguments, work)
