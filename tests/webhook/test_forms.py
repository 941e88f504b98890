"""Each form reads what it says it accepts and refuses the rest."""

import pytest

from webhook import forms


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("1", True), ("T", True), ("false", False), ("0", False), ("F", False)],
)
def test_booleans_are_those_of_go(text: str, value: bool) -> None:
    assert forms.BOOLEAN.parse(text) is value


@pytest.mark.parametrize("text", ["yes", "on", "", "yse", " true"])
def test_no_other_word_is_a_boolean(text: str) -> None:
    with pytest.raises(ValueError):
        forms.BOOLEAN.parse(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("30s", 30), ("1m30s", 90), ("1.5s", 1.5), ("250ms", 0.25), ("1h", 3600)],
)
def test_durations_are_those_of_go_or_seconds(text: str, seconds: float) -> None:
    assert forms.DURATION.parse(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "10 s", "-1s", "10sec", "1s2"])
def test_other_texts_are_no_duration(text: str) -> None:
    with pytest.raises(ValueError):
        forms.DURATION.parse(text)


@pytest.mark.parametrize(
    ("text", "policy"), [("always", "Always"), ("IfNotPresent", "IfNotPresent"), ("NEVER", "Never")]
)
def test_pull_policies_are_read_without_regard_to_case(text: str, policy: str) -> None:
    assert forms.PULL_POLICY.parse(text) == policy


def test_entry_points_are_lists_of_words_by_container() -> None:
    assert forms.ENTRY_POINTS.parse('{"app": ["/app", "-v"]}') == {"app": ("/app", "-v")}


@pytest.mark.parametrize("text", ["", "[]", '{"app": "x"}', '{"app": []}', '{"app": [1]}', "[" * 100_000])
def test_other_texts_are_no_entry_points(text: str) -> None:
    with pytest.raises(ValueError):
        forms.ENTRY_POINTS.parse(text)


def test_a_volume_file_stays_in_its_volume() -> None:
    assert forms.VOLUME_FILE.parse("tokens:vault/token") == ("tokens", "vault/token")
    with pytest.raises(ValueError):
        forms.VOLUME_FILE.parse("tokens:../token")


def test_an_optional_form_reads_nothing_as_none() -> None:
    assert forms.optional(forms.COUNT).parse("") is None
    assert forms.optional(forms.COUNT).parse("3") == 3


def test_a_duration_is_written_as_the_launcher_reads_it() -> None:
    assert forms.duration_text(90.0) == "90s"
    assert forms.duration_text(0.25) == "0.25s"
