"""Work of templates, counted before it is done, so that limits are the same on every machine at any load.

A character or byte counts one unit, an item of a list or map and a step of the evaluator ITEM units, about the bytes of
their memory.
"""

from vaultenv.template.errors import TemplateError
from vaultenv.template.values import TooHeavy, text_weight, weight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS_PER_CHECK = 1 << 16
_HEAVIEST_ARGUMENT = 16


class Work:
    """Counts the units left for all templates that share it; limits the weight of results.

    `check` is called before each step or call that begins another 64 Ki units; its exceptions end the evaluation.
    """

    __slots__ = ("_check", "_left", "_unchecked", "longest")

    def __init__(
        self, units: int = 64 << 20, longest: int = 1 << 20, check: "Callable[[], object]" = lambda: None
    ) -> None:
        self._check = check
        self._left = units
        self._unchecked = 0
        self.longest = longest

    @property
    def left(self) -> int:
        """Units that may still be charged."""
        return self._left

    def charge(self, units: int) -> None:
        """Charge units before their work is done; raise TemplateError if fewer are left."""
        self._left -= units
        if self._left < 0:
            raise TemplateError("the template takes too many steps")
        self._unchecked += units
        if self._unchecked >= _UNITS_PER_CHECK:
            self._unchecked = 0
            self._check()

    def charge_value(self, value: object, wide: int = 1) -> None:
        """Charge a value with its whole content, `wide` units for each character of texts that are not ASCII.

        Raise TemplateError if it is far heavier than a result may be.
        """
        if isinstance(value, str):
            self.charge(text_weight(value, wide))
            return
        try:
            units = weight(value, min(self._left, _HEAVIEST_ARGUMENT * self.longest), wide)
        except TooHeavy:
            raise TemplateError("the template takes too many steps") from None
        self.charge(units)

    def charge_result(self, value: object) -> None:
        """Charge the result of a function; raise TemplateError if it is longer than `longest`."""
        try:
            self.charge(weight(value, self.longest))
        except TooHeavy:
            raise self._too_long() from None

    def bounded(self, size: int) -> int:
        """Return the weight of a future result; raise TemplateError if it is more than `longest`."""
        if size > self.longest:
            raise self._too_long()
        return size

    def _too_long(self) -> TemplateError:
        return TemplateError(f"the result is longer than {self.longest}")
