"""Times in the two forms of Kubernetes."""

import pytest

from vaultenv.basics.jsontext import Number
from vaultkube.documents.times import micro_time_text, seconds_of, time_text


def test_a_time_has_whole_seconds() -> None:
    assert time_text(1_700_000_000.9) == "2023-11-14T22:13:20Z"


def test_a_micro_time_has_six_digits_whatever_the_fraction() -> None:
    assert micro_time_text(1_700_000_000) == "2023-11-14T22:13:20.000000Z"
    assert micro_time_text(1_700_000_000.25) == "2023-11-14T22:13:20.250000Z"


@pytest.mark.parametrize("value", [60, 60.0, Number("60"), Number("6e1")])
def test_seconds_are_a_number_of_json_however_it_was_read(value: object) -> None:
    assert seconds_of(value) == 60.0


@pytest.mark.parametrize(
    "value", [None, True, "60", [60], {}, -1, float("nan"), 10**400, Number("1e999"), Number("9" * 5000)]
)
def test_a_value_that_is_no_length_of_time_is_zero_seconds(value: object) -> None:
    assert seconds_of(value) == 0.0
