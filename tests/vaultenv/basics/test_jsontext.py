"""JSON on the C scanner alone: the same as the standard module, with numbers as text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultenv.basics.jsontext import Number, dumps, loads

VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers().map(lambda number: Number(number)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    assert loads(dumps(value).encode()) == value
    assert json.loads(dumps(value), parse_int=str) == value


@pytest.mark.parametrize("text", ["1.50", "1e6", "-0", "123456789012345678901234567890", "1E-7"])
def test_numbers_keep_their_text(text: str) -> None:
    value = loads(f' {{"n": {text}}} \n'.encode())
    assert (value["n"], type(value["n"])) == (text, Number)


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
def test_broken_text_ends_in_nothing_else(text: str) -> None:
    try:
        loads(text.encode())
    except ValueError as error:
        assert str(error).startswith("not JSON")
