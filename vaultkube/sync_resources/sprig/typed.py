"""Functions that `${ … }` has too, with results of Go's types: an int64 instead of an int, a []int instead of a list.

There these types cannot be seen; here typeOf, kindOf and deepEqual tell them apart.
"""

from collections.abc import Callable, Mapping
from typing import Any

from vaultenv.template.functions import Function
from vaultenv.template.sprig import FUNCTIONS
from vaultenv.template.types import Int64, NilList
from vaultkube.sync_resources.sprig.types import Ints, Lists


def _with(name: str, typed: Callable[[Any], Any]) -> Function:
    """Return the function with its result given to `typed`."""
    row = FUNCTIONS[name].row
    size = row[2] if len(row) == 3 else None
    return Function(lambda *arguments: typed(row[0](*arguments)), row[1], size)


def _sliced(values: Any, *bounds: object) -> Any:
    part = FUNCTIONS["slice"].row[0](values, *bounds)
    return part if part is None or isinstance(values, NilList) else type(values)(part)


def _typed() -> Mapping[str, Function]:
    return {
        **{
            name: _with(name, Int64)
            for name in ["add", "add1", "div", "int64", "max", "min", "mod", "mul", "sub"]
        },
        "biggest": _with("max", Int64),
        "until": _with("until", Ints),
        "untilStep": _with("untilStep", Ints),
        "chunk": _with("chunk", Lists),
        "slice": Function(_sliced, "lv*"),
    }


TYPED: Mapping[str, Function] = _typed()
