"""The annotation of kept references: only an unchanged one is accepted."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vaultkube.kept.samples import KEY, LOGIN, PLACE, REFERENCES
from vaultkube.kept.codec import mark_of, read_annotation, sealed, unsealed
from vaultkube.kept.values import KeptLogin, KeptReferences, KeptValue, Place
from vaultkube.problem import Problem

texts = st.text(max_size=20)
logins = st.builds(KeptLogin, texts, texts, texts, texts, texts, texts, texts, st.booleans())
values = st.dictionaries(texts, st.builds(KeptValue, texts, texts), max_size=4)
references = st.builds(
    KeptReferences,
    logins.filter(lambda login: all((login.address, login.auth_path, login.role, login.service_account))),
    st.integers(5, 10**6),
    values,
)


@given(references)
def test_sealed_references_are_read_again_for_the_same_object_and_key(references: KeptReferences) -> None:
    text = sealed(references, PLACE, KEY)
    assert unsealed(text, PLACE, KEY) == references
    assert text.isascii()


def test_the_same_references_have_the_same_text_in_any_order() -> None:
    values = {"a": KeptValue("vault:a#b", "m"), "b": KeptValue("vault:a#b", "n")}
    back = dict(reversed(values.items()))
    assert sealed(replace(REFERENCES, values=values), PLACE, KEY) == sealed(
        replace(REFERENCES, values=back), PLACE, KEY
    )


@pytest.mark.parametrize(
    "place",
    [Place("configmaps", "shop", "db"), Place("secrets", "other", "db"), Place("secrets", "shop", "x")],
)
def test_a_seal_is_for_one_object(place: Place) -> None:
    assert isinstance(unsealed(sealed(REFERENCES, PLACE, KEY), place, KEY), Problem)


def test_a_seal_of_another_key_is_none() -> None:
    assert isinstance(unsealed(sealed(REFERENCES, PLACE, b"x" * 32), PLACE, KEY), Problem)


@pytest.mark.parametrize(
    "change",
    [
        {"refreshAfter": 301},
        {
            "login": {
                "address": "https://evil.example.com",
                "authPath": "kubernetes",
                "role": "default",
                "serviceAccount": "reader",
            }
        },
        {
            "login": {
                "address": "https://vault.example.com",
                "authPath": "kubernetes",
                "role": "default",
                "serviceAccount": "admin",
            }
        },
        {"values": {"password": {"text": "vault:a/other#c", "mark": "mark"}}},
        {"values": {"other": {"text": "vault:a/b#c", "mark": "mark"}}},
        {"seal": ""},
        {"more": 1},
    ],
)
def test_any_change_by_hand_breaks_the_seal(change: dict[str, object]) -> None:
    document = {**json.loads(sealed(REFERENCES, PLACE, KEY)), **change}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    assert isinstance(unsealed(text, PLACE, KEY), Problem)


def test_another_spelling_of_the_same_breaks_the_seal() -> None:
    text = sealed(REFERENCES, PLACE, KEY)
    for other in (f" {text}", text.replace('"version":1', '"version":1,"version":1')):
        assert isinstance(read_annotation(other), KeptReferences)
        assert isinstance(unsealed(other, PLACE, KEY), Problem)


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{", "1", '"\ud800"', "{}", '{"version":2}', "[" * 100_000, '{"version":1,"login":[],"values":{}}',
     '{"version":1,"refreshAfter":1e9,"login":{"address":"a","authPath":"a","role":"a","serviceAccount":"a"},"values":{}}',
     '{"version":1,"refreshAfter":true,"login":{"address":"a","authPath":"a","role":"a","serviceAccount":"a"},"values":{}}',
     '{"version":1,"refreshAfter":9,"login":{"address":1,"authPath":"a","role":"a","serviceAccount":"a"},"values":{}}',
     '{"version":1,"refreshAfter":9,"login":{"address":"a"},"values":{}}',
     '{"version":1,"refreshAfter":9,"login":{"address":"a","authPath":"a","role":"a","serviceAccount":"a"},"values":{"a":{"text":1,"mark":""}}}',
     '{"version":1,"refreshAfter":9,"login":{"address":"a","authPath":"a","role":"a","serviceAccount":"a"},"values":{"a":"b"}}',
     "x" * (300 << 10)],
)  # fmt: skip
def test_hostile_text_is_a_problem_at_the_annotation(text: str) -> None:
    problem = unsealed(text, PLACE, KEY)
    assert isinstance(problem, Problem)
    assert problem.path[-1] == "vault.security.banzaicloud.io/kept-references"


@pytest.mark.parametrize("after_s", [0, -9, 10**10, 10**400])
def test_a_time_that_no_webhook_writes_is_a_problem_before_the_seal_is_verified(after_s: int) -> None:
    assert isinstance(read_annotation(sealed(replace(REFERENCES, after_s=after_s), PLACE, KEY)), Problem)


def test_a_mark_differs_by_value_field_object_and_key() -> None:
    marks = {
        mark_of(b"value", "a", PLACE, KEY),
        mark_of(b"valuf", "a", PLACE, KEY),
        mark_of(b"value", "b", PLACE, KEY),
        mark_of(b"value", "a", PLACE._replace(name="other"), KEY),
        mark_of(b"value", "a", PLACE, b"x" * 32),
    }
    assert len(marks) == 5
    assert mark_of(b"value", "a", PLACE, KEY) in marks


def test_the_text_holds_only_login_and_references() -> None:
    document = json.loads(sealed(REFERENCES, PLACE, KEY))
    assert document.pop("seal")
    assert document == {
        "version": 1,
        "refreshAfter": 300,
        "login": {
            "address": LOGIN.address,
            "authPath": "kubernetes",
            "role": "default",
            "serviceAccount": "reader",
        },
        "values": {"password": {"text": "vault:a/b#c", "mark": "mark"}},
    }
