"""Parsing WWW-Authenticate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.registry.challenge import Challenge, parse_challenges


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['Basic realm="x"'], [("basic", {"realm": "x"})]),
        (
            ['Bearer realm="https://a/token",service="s",scope="repository:a:pull,push"'],
            [("bearer", {"realm": "https://a/token", "service": "s", "scope": "repository:a:pull,push"})],
        ),
        (
            ['Basic realm="x", Bearer realm="y",service=z'],
            [("basic", {"realm": "x"}), ("bearer", {"realm": "y", "service": "z"})],
        ),
        (["Basic realm=x", "BEARER Realm=y"], [("basic", {"realm": "x"}), ("bearer", {"realm": "y"})]),
        (["Negotiate, Basic realm=x"], [("negotiate", {}), ("basic", {"realm": "x"})]),
        (["Negotiate YWJj==, Basic realm=x"], [("negotiate", {}), ("basic", {"realm": "x"})]),
        ([r'Basic realm="a\"b, c=d"'], [("basic", {"realm": 'a"b, c=d'})]),
        (["Basic realm = x , charset=UTF-8"], [("basic", {"realm": "x", "charset": "UTF-8"})]),
        (['Bearer realm="first",realm="second"'], [("bearer", {"realm": "first"})]),
        (["", "  ,, "], []),
        (['="x"'], []),
        (['realm="x"'], []),
        (['Bearer realm="open'], [("bearer", {})]),
    ],
)
def test_challenges_are_read(lines: list[str], expected: list[tuple[str, dict[str, str]]]) -> None:
    assert parse_challenges(lines) == tuple(Challenge(*item) for item in expected)


PARAMETERS = st.dictionaries(
    st.from_regex(r"[a-z]{1,6}", fullmatch=True),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    min_size=1,
    max_size=4,
)


@given(st.lists(st.tuples(st.from_regex(r"[a-z]{1,6}", fullmatch=True), PARAMETERS), max_size=4))
def test_quoted_values_survive_parsing(challenges: list[tuple[str, dict[str, str]]]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    line = ", ".join(
        f"{scheme} {','.join(f'{name}={quoted(value)}' for name, value in parameters.items())}"
        for scheme, parameters in challenges
    )
    assert parse_challenges([line]) == tuple(Challenge(*item) for item in challenges)


@given(st.lists(st.text(max_size=200), max_size=3))
def test_any_text_is_read_without_an_error(lines: list[str]) -> None:
    parse_challenges(lines)
