"""One reader for every table of settings: defaults, names, blanks, and all problems at once."""

from dataclasses import dataclass

import pytest

from vaultkube.errors import InvalidSetting
from vaultkube.settings_table import Row, read_table, row_field, rows_of, setting
from vaultkube.value_types import BOOLEAN, COUNT, TEXT


@dataclass(frozen=True)
class Example:
    workers: int = setting("WORKERS", COUNT, "2", help="worker processes")
    name: str = row_field(
        Row(type=TEXT, default="", help="a name", settings=("NAME", "OLD_NAME", "OLDEST_NAME"))
    )
    quiet: bool = setting("QUIET", BOOLEAN, "false", help="log nothing")
    computed: int = 0


ROWS = rows_of(Example, Row)


def example(**environ: str) -> Example:
    return Example(**read_table(ROWS, environ))


def test_each_field_with_a_row_is_read_in_its_order() -> None:
    assert [row.field for row in ROWS] == ["workers", "name", "quiet"]
    assert example() == Example() == Example(2, "", False)
    assert example(WORKERS="3", QUIET="true") == Example(3, "", True)


def test_of_several_names_the_first_that_is_set_wins() -> None:
    assert example(OLDEST_NAME="c").name == "c"
    assert example(OLDEST_NAME="c", OLD_NAME="b").name == "b"
    assert example(OLDEST_NAME="c", OLD_NAME="b", NAME="a").name == "a"
    assert example(OLD_NAME="b", NAME=" ").name == "b"


@pytest.mark.parametrize("text", [" 3", "3 ", "3\n", "\t3\r\n"])
def test_blanks_around_a_text_are_stripped(text: str) -> None:
    assert example(WORKERS=text).workers == 3


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_a_blank_text_counts_as_not_set(text: str) -> None:
    assert example(WORKERS=text).workers == 2


def test_all_problems_are_named_at_once_with_what_is_accepted() -> None:
    with pytest.raises(InvalidSetting) as caught:
        read_table(ROWS, {"WORKERS": "two", "QUIET": "sh"}, ["NAME is too long"])
    assert str(caught.value) == (
        f"NAME is too long; WORKERS='two' is not {COUNT.accepted}; QUIET='sh' is not {BOOLEAN.accepted}"
    )


def test_a_problem_names_the_variable_that_was_read() -> None:
    rows = [Row(type=COUNT, default="1", help="", settings=("NEW", "OLD"), field="number")]
    with pytest.raises(InvalidSetting, match=r"^OLD='x' is not"):
        read_table(rows, {"OLD": "x"})
