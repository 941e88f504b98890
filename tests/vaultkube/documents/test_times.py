"""Times in the two forms of Kubernetes."""

from vaultkube.documents.times import micro_time_text, time_text


def test_a_time_has_whole_seconds() -> None:
    assert time_text(1_700_000_000.9) == "2023-11-14T22:13:20Z"


def test_a_micro_time_has_six_digits_whatever_the_fraction() -> None:
    assert micro_time_text(1_700_000_000) == "2023-11-14T22:13:20.000000Z"
    assert micro_time_text(1_700_000_000.25) == "2023-11-14T22:13:20.250000Z"
