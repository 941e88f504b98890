"""Each type parses the texts of its accepted form, and refuses others."""

import pytest

from vaultenv.basics.duration import seconds
from vaultenv.client.logins import METHODS
from vaultkube import value_types


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("1", True), ("T", True), ("false", False), ("0", False), ("F", False)],
)
def test_booleans_are_those_of_go(text: str, value: bool) -> None:
    assert value_types.BOOLEAN.parse(text) is value


@pytest.mark.parametrize("text", ["yes", "on", "", "yse", " true"])
def test_no_other_word_is_a_boolean(text: str) -> None:
    with pytest.raises(ValueError):
        value_types.BOOLEAN.parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("30", 30), ("30s", 30), ("1m30s", 90), ("1.5s", 1.5), ("250ms", 0.25), ("1h", 3600), ("+1h0m0s", 3600)],
)
def test_durations_are_those_of_go_or_seconds(text: str, value: float) -> None:
    assert value_types.DURATION.parse(text) == value


@pytest.mark.parametrize("text", ["", "s", "10 s", "-1s", "10sec", "1s2", "1e3", "nan", "99999999h"])
def test_other_texts_are_no_duration(text: str) -> None:
    with pytest.raises(ValueError):
        value_types.DURATION.parse(text)


@pytest.mark.parametrize(
    ("text", "policy"), [("always", "Always"), ("IfNotPresent", "IfNotPresent"), ("NEVER", "Never")]
)
def test_pull_policies_are_read_without_regard_to_case(text: str, policy: str) -> None:
    assert value_types.PULL_POLICY.parse(text) == policy


@pytest.mark.parametrize("text", ["shop\n", "a\r\nX-Vault-Token: t", "a\x00", "a\x7f", "a\x85"])
def test_a_line_has_no_control_characters(text: str) -> None:
    assert value_types.LINE.parse("team/übung 1") == "team/übung 1"
    with pytest.raises(ValueError):
        value_types.LINE.parse(text)


def test_entry_points_are_lists_of_words_by_container() -> None:
    assert value_types.ENTRY_POINTS.parse('{"app": ["/app", "-v"]}') == {"app": ("/app", "-v")}


@pytest.mark.parametrize("text", ["", "[]", '{"app": "x"}', '{"app": []}', '{"app": [1]}', "[" * 100_000])
def test_other_texts_are_no_entry_points(text: str) -> None:
    with pytest.raises(ValueError):
        value_types.ENTRY_POINTS.parse(text)


def test_a_volume_file_stays_in_its_volume() -> None:
    assert value_types.VOLUME_FILE.parse("tokens:vault/token") == ("tokens", "vault/token")
    assert value_types.VOLUME_FILE.parse("tokens:/token") == ("tokens", "token")


@pytest.mark.parametrize(
    "text", ["tokens", "tokens:", ":token", "tokens:/", "tokens:../token", "tokens:a/../b"]
)
def test_other_texts_are_no_volume_file(text: str) -> None:
    with pytest.raises(ValueError):
        value_types.VOLUME_FILE.parse(text)


def test_an_optional_type_reads_nothing_as_none() -> None:
    assert value_types.optional(value_types.COUNT).parse("") is None
    assert value_types.optional(value_types.COUNT).parse("3") == 3


@pytest.mark.parametrize("text", ["90s", "0.25s", "0.000001s", "1000000s", "8999999999s", "86399.999999s"])
def test_a_duration_is_written_as_the_launcher_reads_it(text: str) -> None:
    assert value_types.duration_text(seconds(text)) == text


def test_the_auth_methods_are_the_launchers() -> None:
    assert all(value_types.AUTH_METHOD.parse(name) == name for name in METHODS)
    assert value_types.AUTH_METHOD.parse("") == ""


@pytest.mark.parametrize("text", ["vault env:1", "vault-env:1\n"])
def test_an_image_has_no_blanks(text: str) -> None:
    with pytest.raises(ValueError):
        value_types.IMAGE.parse(text)
