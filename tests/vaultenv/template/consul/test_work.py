"""Work of consul-template's functions: charged before it is done, and nothing longer than the bound."""

import random
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest

from tests.vaultenv.template.test_work import ENOUGH, LONGEST, STRANGE, counted
from vaultenv.template.consul.documents import DOCUMENTS
from vaultenv.template.consul.encodings import ENCODINGS
from vaultenv.template.consul.functions import BOUND, NAMES, functions
from vaultenv.template.consul.go import BUILTINS
from vaultenv.template.consul.lists import LISTS
from vaultenv.template.consul.numbers import NUMBERS
from vaultenv.template.consul.patterns import PATTERNS
from vaultenv.template.consul.printing import PRINTERS
from vaultenv.template.consul.texts import TEXTS
from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function
from vaultenv.template.types import Strings
from vaultenv.template.values import weight
from vaultenv.template.work import Work

FUNCTIONS = functions({})
FREE = sorted(NAMES - frozenset(BOUND))
_TEXTS = (
    "YWJj",
    '{"a":[1,{"b":null}]}',
    "- a: 1\n  b: [c, d]\n",
    "a: |\n  x\n",
    "12",
    "(a|b)*c",
    "[[",
    "a=b,",
    *STRANGE,
)


def hostile(letter: str, chance: random.Random, size: int) -> Any:
    """An argument for a parameter, as heavy as `size` allows."""
    piece = chance.choice(_TEXTS)
    text = piece * (size // len(piece))
    items = [f"{piece}{number}" for number in range(size // 64)]
    nested: Any = {"k": items, "l": [{"m": item} for item in items[: size // 256]], "n": text[:64]}
    return chance.choice(
        {
            "s": [text, piece, ""],
            "p": [text, f"%{size}d" * 8, "%s%q" * 9],
            "i": [size, 2, -1],
            "l": [Strings(items)],
            "L": [items, [items[:8]] * (size // 1024)],
            "d": [
                nested,
                dict.fromkeys(items, text[:64]),
                {item.replace(".", "/") + "/x": 1 for item in items},
            ],
            "v": [text, items, nested, size, 1.5],
            "a": [text, items, nested, [[items[:4]] * 16] * (size // 8192), 1e21],
        }[letter]
    )


def calls(name: str, size: int, count: int) -> list[list[Any]]:
    """Random hostile arguments for a function, the same ones for each size."""
    chance = random.Random(name)
    function = FUNCTIONS[name]
    found = []
    for _ in range(count):
        more = chance.choice((0, 1, 3)) if function._more else 0
        letters = function._parameters[: -1 if function._more else None] + function._parameters[-1:] * more
        found.append([hostile(letter, chance, size) for letter in letters])
    return found


def attempt(name: str, arguments: list[Any], work: Work) -> Any:
    """The result, None where it is refused."""
    with suppress(TemplateError):
        return FUNCTIONS[name](name, arguments, work)
    return None


@pytest.mark.parametrize("name", FREE)
def test_no_function_runs_more_lines_than_it_has_charged_for(name: str) -> None:
    for arguments in calls(name, 8192, 8):
        work = Work(ENOUGH, LONGEST)
        with counted() as ran:
            attempt(name, arguments, work)
        assert ran.lines <= 600 + 30 * (ENOUGH - work.left)


@pytest.mark.parametrize("name", FREE)
def test_no_function_needs_much_more_memory_than_its_arguments_and_the_bound(name: str) -> None:
    for arguments in calls(name, LONGEST, 6):
        work = Work(ENOUGH, LONGEST)
        tracemalloc.start()
        result = attempt(name, arguments, work)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak_bytes <= (2 << 20) + 24 * (LONGEST + ENOUGH - work.left)
        assert weight(result, LONGEST) <= LONGEST


@pytest.mark.parametrize("name", FREE)
def test_a_call_that_is_refused_for_its_weight_has_not_begun(name: str) -> None:
    for arguments in calls(name, 4096, 6):
        work = Work(0)
        heavy = any(isinstance(argument, str) and argument for argument in arguments)
        with counted() as ran:
            result = attempt(name, arguments, work)
        assert not heavy or (result is None and ran.lines < 200)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("indent", [2**40, "a"]),
        ("replaceAll", ["", "b" * 1000, "a" * 100_000]),
        ("join", ["b" * 1000, Strings(["a"] * 10_000)]),
        ("split", ["", "a" * 1_000_000]),
        ("split", [",", "," * 1_000_000]),
        ("splitToMap", [",", "=", "," * 1_000_000]),
        ("printf", ["%999999d%999999d", 1, 2]),
        ("parseJSON", ["[" + "1," * 500_000 + "1]"]),
        ("parseYAML", ["[" + "1," * 500_000 + "1]"]),
        ("regexReplaceAll", ["a", "b" * 1000, "a" * 100_000]),
    ],
)
def test_a_result_far_too_long_is_refused_before_it_is_made(name: str, arguments: list[Any]) -> None:
    tracemalloc.start()
    with pytest.raises(TemplateError, match=r"the result is longer than 1048576|too many steps"):
        FUNCTIONS[name](name, arguments, Work())
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 16 << 20


def test_each_table_of_functions_is_known_by_its_names() -> None:
    tables: list[dict[str, Function]] = [
        BUILTINS,
        PRINTERS,
        TEXTS,
        NUMBERS,
        LISTS,
        ENCODINGS,
        PATTERNS,
        DOCUMENTS,
    ]
    assert sorted(name for table in tables for name in table) == FREE
    assert {name: FUNCTIONS[name] for name in FREE} == {k: v for table in tables for k, v in table.items()}
