"""JSON on only the C scanner: the same as the standard module, with numbers as text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultenv.basics.jsontext import Number, count_values, dumps, loads, whole

VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers().map(lambda number: Number(number)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_a_written_value_is_read_again(value: object) -> None:
    assert loads(dumps(value).encode()) == value
    assert json.loads(dumps(value), parse_int=str) == value


@pytest.mark.parametrize("text", ["1.50", "1e6", "-0", "123456789012345678901234567890", "1E-7"])
def test_numbers_keep_their_text(text: str) -> None:
    value = loads(f' {{"n": {text}}} \n'.encode())
    assert (value["n"], type(value["n"])) == (text, Number)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("60", 60),
        ("9223372036854775807", (1 << 63) - 1),
        ("9223372036854775808", 0),
        ("9" * 5000, 0),
    ]
    + [(text, 0) for text in ("-1", "1.5", "1e3", '"60"', "true", "null", "[]", "{}")],
)
def test_a_whole_number_of_any_length_is_read(text: str, number: int) -> None:
    """Python refuses to read one of 5000 digits, by an error of its own."""
    assert whole(loads(text.encode())) == number


BROKEN = [
    "",
    " ",
    "{",
    '{"a"',
    '{"a":',
    "[1,",
    "nul",
    "-",
    "1 2",
    "NaN",
    "[NaN]",
    "Infinity",
    '"\n"',
    '"\\',
    "\ufeff1",
]
BROKEN.append("[" * 100_000)


@pytest.mark.parametrize("text", BROKEN)
def test_anything_else_is_a_value_error_that_quotes_nothing(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not JSON"):
        loads(text.encode())


@given(st.text(alphabet='{}[]",:-+.0123456789eEnulltrufasNI\\ \n', max_size=30))
def test_broken_text_raises_only_a_value_error(text: str) -> None:
    try:
        loads(text.encode())
    except ValueError as error:
        assert str(error).startswith("not JSON")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('a,[{"\\}ż')),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.sampled_from(',["\\')), inner),
    )
)
def test_values_are_counted_without_commas_and_brackets_in_strings(value: object) -> None:
    text = json.dumps(value)
    assert values_in(value) <= count_values(text.encode()) <= 1 + 2 * values_in(value)


def test_values_are_counted_across_windows() -> None:
    for shift in range(3):
        text = " " * shift + json.dumps(["," * 70_000, "," * 70_000, 1])
        assert count_values(text.encode()) == 4


def values_in(value: object) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(values_in, value.values()))
    return 1 + sum(map(values_in, value)) if isinstance(value, list) else 1
