"""Kinds of values: their accepted values, which are the same in their schema."""

import re
from typing import Any

import pytest

from vaultkube.problem import Problem
from vaultkube.sync_resources.kinds import DURATION, FLAG, NAME, NAMED, Kind, dotted, whole
from vaultkube.sync_resources.references import REFERENCE, Reference


def read(kind: Kind, value: Any) -> Any:
    problems: list[Problem] = []
    found = kind.read(value, ("spec", "x"), problems)
    return problems[0].message if problems else found


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [
        ("30s", 30),
        ("1.5h", 5400),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("90", 90),
        ("30d", 2592000),
        ("1d12h", 129600),
        ("0.5d", 43200),
        ("1.1d", 95040),
        ("123456.123456789s", 123456.123456789),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, duration_s: float) -> None:
    assert read(DURATION, text) == pytest.approx(duration_s)
    assert re.search(DURATION.schema["pattern"], text)


@pytest.mark.parametrize("value", ["", "-1s", "1w", "d", "s", "1 s", "1s\n", 5, True, None])
def test_other_values_are_no_duration(value: Any) -> None:
    assert "is not a duration" in read(DURATION, value)


@pytest.mark.parametrize("value", ["true", 1, None])
def test_only_booleans_are_flags(value: Any) -> None:
    assert "is not true or false" in read(FLAG, value)


def test_a_number_out_of_bounds_is_refused_with_its_bounds() -> None:
    assert read(whole(0, 90), 90) == 90
    assert read(whole(0, 90), True) == "spec.x: True is not a whole number from 0 to 90"
    assert read(whole(600), 5) == "spec.x: 5 is not a whole number, at least 600"


def test_a_reference_is_a_name_or_a_namespace_and_a_name() -> None:
    assert read(REFERENCE, "auth") == Reference("", "auth")
    assert read(REFERENCE, "team/auth").inside("other") == Reference("team", "auth")
    assert str(Reference("", "auth").inside("team")) == "team/auth"
    assert read(REFERENCE, "") is None
    assert "NAMESPACE/NAME" in read(REFERENCE, "a/b/c")


def test_names_have_no_line_break_at_their_end() -> None:
    assert "is not the name" in read(NAME, "a\n")
    assert "is not the name" in read(NAMED, "a\n")


def test_a_name_that_is_not_needed_may_be_empty() -> None:
    assert read(NAME, "") == ""
    assert "is not the name" in read(NAMED, "")


def test_paths_are_written_as_people_do() -> None:
    assert dotted(("spec", "targets", 0, "kind")) == "spec.targets[0].kind"
