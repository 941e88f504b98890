"""Work of templates: charged before it is done, never more than linear in what is charged, and nothing longer than the bound."""

import gc
import random
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vaultenv.template.generator import template
from vaultenv.template.errors import TemplateError
from vaultenv.template.functions import Function
from vaultenv.template.go import GO
from vaultenv.template.printing import PRINTING
from vaultenv.template.render import render
from vaultenv.template.sprig import FUNCTIONS
from vaultenv.template.sprig.defaults import DEFAULTS
from vaultenv.template.sprig.dicts import DICTS
from vaultenv.template.sprig.encodings import ENCODINGS
from vaultenv.template.sprig.lists import LISTS, identity
from vaultenv.template.sprig.numbers import NUMBERS
from vaultenv.template.sprig.strings import STRINGS
from vaultenv.template.values import TooHeavy, weight
from vaultenv.template.work import Work

pytestmark = pytest.mark.long

ENOUGH = 1 << 40
LONGEST = 1 << 16
STRANGE = [
    "a",
    "b",
    "ż",
    "\U0001f511",
    "\udce9",
    "\x01",
    '"',
    " ",
    "a ",
    "\n",
    ",",
    "%",
    "%s",
    "<",
    "=",
    "1",
    "[1,",
    "[[]",
]


def hostile(letter: str, piece: str, size: int) -> list[Any]:
    """Arguments for a parameter, as heavy as `size` allows."""
    text = piece * (size // len(piece))
    items: list[Any] = [piece * (1 + number % 3) + str(number) for number in range(size // 64)]
    by_key = dict.fromkeys(items, text[:64])
    return {
        "s": [text, piece, ""],
        "p": [text, f"%{size}d" * 8, "%s" * 9],
        "t": [text, f"{piece} " * (size // 2)],
        "i": [size, -size, 2, 2**63 - 1],
        "f": [1e308, -0.5],
        "l": [items, [[]] * (size // 64)],
        "L": [items],
        "D": [items, [items[:8]] * (size // 1024), [1.5] * (size // 64)],
        "m": [by_key],
        "M": [by_key],
        "d": [by_key, {"k": by_key}],
        "v": [text, items, by_key, size],
        "a": [text, items, by_key, [[items[:4]] * 16] * (size // 8192)],
    }[letter]


def calls(name: str, function: Function, size: int, count: int) -> Iterator[list[Any]]:
    """Random hostile arguments for a function, the same ones for each size."""
    chance = random.Random(name)
    parameters = function._parameters
    for _ in range(count):
        letters = parameters
        if function._more:
            letters = parameters[:-1] + parameters[-1] * chance.choice((0, 1, 2, 7))
        piece = chance.choice(STRANGE)
        yield [chance.choice(hostile(letter, piece, size)) for letter in letters]


class Counted:
    """Lines of Python that ran, and bytes that were taken at the peak."""

    lines = 0
    peak_bytes = 0


@contextmanager
def counted() -> Iterator[Counted]:
    found = Counted()

    def trace(_frame: Any, event: str, _argument: Any) -> Any:
        found.lines += event == "line"
        return trace

    gc.disable()  # finalizers of other tests' objects have lines too
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield found
    finally:
        sys.settrace(before)
        gc.enable()


def attempt(name: str, arguments: list[Any], work: Work) -> Any:
    """The result, None where it is refused."""
    with suppress(TemplateError):
        return FUNCTIONS[name](name, arguments, work)
    return None


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_function_runs_more_lines_than_it_has_charged_for(name: str) -> None:
    for arguments in calls(name, FUNCTIONS[name], 8192, 12):
        work = Work(ENOUGH, LONGEST)
        with counted() as ran:
            attempt(name, arguments, work)
        assert ran.lines <= 200 + 2 * (ENOUGH - work.left)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_function_needs_much_more_memory_than_its_arguments_and_the_bound(name: str) -> None:
    for arguments in calls(name, FUNCTIONS[name], LONGEST, 20):
        work = Work(ENOUGH, LONGEST)
        tracemalloc.start()
        result = attempt(name, arguments, work)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak_bytes <= (1 << 20) + 12 * (LONGEST + ENOUGH - work.left)
        assert weight(result, LONGEST) <= LONGEST


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_call_that_is_refused_for_its_weight_has_not_begun(name: str) -> None:
    called = []
    parameters = FUNCTIONS[name]._parameters + ("*" if FUNCTIONS[name]._more else "")
    spy = Function(lambda *given: called.append(given), parameters, FUNCTIONS[name]._size)
    for arguments in calls(name, FUNCTIONS[name], 4096, 20):
        work = Work(0)
        heavy = any(isinstance(argument, str) and argument for argument in arguments)
        with suppress(TemplateError):
            spy(name, arguments, work)
        assert not (heavy and called)
        called.clear()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("repeat", [2**40, "a"]),
        ("until", [2**62]),
        ("untilStep", [-(2**63), 2**63 - 1, 1]),
        ("indent", [2**40, "a"]),
        ("nindent", [2**40, "a"]),
        ("replace", ["", "b" * 1000, "a" * 100_000]),
        ("join", ["b" * 1000, ["a"] * 10_000]),
        ("split", ["", "a" * 1_000_000]),
        ("splitList", [",", "," * 1_000_000]),
        ("splitn", ["", 2**40, "a" * 1_000_000]),
        ("printf", ["%999999d%999999d", 1, 2]),
        ("printf", ["%99999d" * 1000, *range(1000)]),
        ("printf", ["%.99999f" * 1000, *([1.5] * 1000)]),
        ("printf", ["%99999d", [1] * 1000]),
        ("fromJson", ["[" + "1," * 500_000 + "1]"]),
        ("fromJson", ["[" * 500_000]),
    ],
)
def test_a_result_far_too_long_is_refused_before_it_is_made(name: str, arguments: list[Any]) -> None:
    tracemalloc.start()
    with pytest.raises(TemplateError, match="the result is longer than 1048576"):
        FUNCTIONS[name](name, arguments, Work())
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 12 << 20


@pytest.mark.parametrize(
    "source",
    [
        "${range 200}${range $.list}${.}${end}${end}",
        "${range 200}${toJson $.list}${end}",
        "${range 200}${has 1 $.list}${end}",
        "${range 1000}${index $.list 1}${end}",
        "${range 200}${range $k, $v := $.map}${$k}${end}${end}",
    ],
)
def test_the_check_of_the_caller_can_end_a_template_at_work(source: str) -> None:
    class Ended(Exception):
        pass

    checks = 0

    def check() -> None:
        nonlocal checks
        checks += 1
        if checks == 2:
            raise Ended

    fields = {"list": ["a"] * 300, "map": {str(number): "a" for number in range(300)}}
    with pytest.raises(Ended):
        render(source, fields, Work(check=check))


def test_all_templates_that_share_work_use_it_up_together() -> None:
    work = Work(20_000)
    with pytest.raises(TemplateError, match="takes too many steps"):
        for _ in range(1000):
            render("${.a | upper}", {"a": "b"}, work)
    with pytest.raises(TemplateError, match="takes too many steps"):
        render("x", {}, work)


@given(st.integers(), st.sampled_from([1, 10, 100, 1000]))
def test_a_template_runs_no_more_lines_than_it_has_charged_for(seed: int, size: int) -> None:
    """Whatever the template and however large the secret."""
    data = {
        "a": "al pha" * size,
        "b": "beta,\n" * size,
        "n": 15,
        "html": "<b>&'\"" * size,
        "uni": "żółć ✓" * size,
        "list": ["a", "b", "c"] * size,
        "obj": {"x": "ex" * size, **{f"y{number}": "why" for number in range(size)}},
        "nested": {"list": ["n"] * size, "obj": {"k": "v"}},
    }
    source = template(random.Random(seed))
    work = Work(1 << 22, LONGEST)
    text = ""
    with counted() as ran, suppress(TemplateError):
        text = render(source, data, work)
    assert len(text) <= LONGEST
    assert ran.lines <= 20_000 + 400 * len(source) + 4 * ((1 << 22) - work.left)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 2)
    | st.floats()
    | st.sampled_from(["", "1", "a", "True", "None"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "1"]), inner, max_size=2)
    ),
    max_leaves=6,
)


def deeply_equal(first: Any, second: Any) -> bool:
    """reflect.DeepEqual: values of different types are never equal."""
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(deeply_equal, first, second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(deeply_equal(first[key], second[key]) for key in first)
    return type(first) is type(second) and bool(first == second)


@given(JSON, JSON)
def test_two_values_have_the_same_identity_if_they_are_deeply_equal(first: Any, second: Any) -> None:
    assert (identity(first) == identity(second)) == deeply_equal(first, second)


@given(JSON, st.integers(0, 300))
def test_a_weight_above_the_bound_raises_an_error(value: Any, most: int) -> None:
    whole = weight(value, ENOUGH)
    if whole <= most:
        assert weight(value, most) == whole
    else:
        with pytest.raises(TooHeavy):
            weight(value, most)


def test_each_table_of_functions_is_known_by_its_names() -> None:
    tables: list[dict[str, Function]] = [GO, PRINTING, STRINGS, NUMBERS, DEFAULTS, LISTS, DICTS, ENCODINGS]
    everything = {name: function for table in tables for name, function in table.items()}
    assert {name: FUNCTIONS[name] for name in FUNCTIONS} == everything
