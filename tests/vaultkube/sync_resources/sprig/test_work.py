"""Work of the functions of custom objects: never more than linear in what is charged, and nothing much longer than the bound."""

import tracemalloc
from contextlib import suppress
from typing import Any

import pytest

from tests.vaultenv.template.test_work import LONGEST, calls, counted
from vaultenv.template.errors import TemplateError
from vaultenv.template.values import weight
from vaultenv.template.work import Work
from vaultkube.sync_resources.functions import FUNCTIONS
from vaultkube.sync_resources.sprig import FURTHER

pytestmark = pytest.mark.long

UNITS = 1 << 19
"""Work for a call; regular expressions could go on for minutes."""
_MANY = 300
CHOSEN: list[tuple[str, list[Any]]] = [
    *((name, ["a1B_" * 2000]) for name in ("camelcase", "kebabcase", "snakecase", "swapcase")),
    *((name, ["\udcff" * 8000]) for name in ("camelcase", "kebabcase", "snakecase", "swapcase")),
    *((name, ["\udcffA1_!é中" * 1000]) for name in ("camelcase", "kebabcase", "snakecase", "swapcase")),
    *((name, ["a/../" * 2000]) for name in ("clean", "dir", "base", "ext")),
    ("regexFindAll", ["", "a" * 4000, -1]),
    ("regexFindAll", ["a*b|a", "a" * 200, -1]),
    ("regexSplit", ["", "a" * 4000, -1]),
    ("regexReplaceAllLiteral", ["", "a" * 500, "b" * 500]),
    ("regexReplaceAll", ["a", "a" * 500, "$0$$" * 100]),
    ("regexMatch", ["(x{999}){9}", "x"]),
    ("regexMatch", ["(?:(?:(?:(?:){99}){99}){99}){99}", "x"]),
    ("regexMatch", ["()" * 1000, "x"]),
    ("regexMatch", ["()" * 200, "x" * 40]),
    ("regexMatch", ["(?i)[" + "\x01-È" * 2000 + "]", "x"]),
    ("regexMatch", [r"(?i)\w" * 1000, "x"]),
    (
        "regexMatch",
        ["[" + "".join(map(chr, range(0x4E00, 0x5800, 2))) + "]x", "".join(map(chr, range(0x4E00, 0x5200)))],
    ),
    ("wrap", [1, " a" * 4000]),
    ("wrapWith", [1, "b" * 1000, "a" * 4000]),
    ("wrapWith", [1, "b", "a" * 8000]),
    ("mulf", ["1e300"] * _MANY),
    ("divf", ["1.234567890123456e300", *["1.1e-300"] * _MANY]),
    ("addf", ["1e300", "1e-300"] * _MANY),
    ("seq", [2**62]),
    ("seq", [0, 1, 500]),
    ("durationRound", ["1h" * 4000]),
    ("durationRound", ["1." + "0" * 8000 + "h"]),
    ("urlParse", ["h://u%40:p@h/" + "%41" * 3000]),
    ("urlJoin", [{"path": "\udcff" * 8000, "scheme": "s", "userinfo": "%20" * 2000}]),
    ("toDecimal", ["0" * 100_000 + "7"]),
]


def attempt(name: str, arguments: list[Any], work: Work) -> Any:
    """The result, None where it is refused."""
    with suppress(TemplateError):
        return FUNCTIONS[name](name, arguments, work)
    return None


def within_lines(name: str, arguments: list[Any]) -> bool:
    work = Work(UNITS, LONGEST)
    with counted() as ran:
        attempt(name, arguments, work)
    return ran.lines <= 200 + 2 * (UNITS - work.left)


def within_memory(name: str, arguments: list[Any]) -> bool:
    work = Work(UNITS, LONGEST)
    tracemalloc.start()
    result = attempt(name, arguments, work)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak_bytes <= (1 << 20) + 12 * (LONGEST + UNITS - work.left) and weight(result, LONGEST) <= LONGEST


@pytest.mark.parametrize("name", sorted(FURTHER))
def test_no_function_runs_more_lines_than_it_has_charged_for(name: str) -> None:
    for arguments in calls(name, FUNCTIONS[name], 4096, 12):
        assert within_lines(name, arguments)


@pytest.mark.parametrize("name", sorted(FURTHER))
def test_no_function_needs_much_more_memory_than_its_arguments_and_the_bound(name: str) -> None:
    for arguments in calls(name, FUNCTIONS[name], LONGEST // 4, 12):
        assert within_memory(name, arguments)


@pytest.mark.parametrize(("name", "arguments"), CHOSEN)
def test_the_heaviest_arguments_are_charged_for(name: str, arguments: list[Any]) -> None:
    assert within_lines(name, arguments)
    assert within_memory(name, arguments)
