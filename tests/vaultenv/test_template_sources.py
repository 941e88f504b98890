"""VAULT_ENV_TEMPLATES: what the webhook writes, the launcher reads, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultenv.basics.log import Log
from vaultenv.errors import InvalidSetting
from vaultenv.settings import Settings
from vaultenv.start.environment import removed
from vaultenv.start.plan import Plan
from vaultenv.template_sources import LEFT, RIGHT, TemplateSource, parse_sources, sources_text

VARIABLE = "VAULT_ENV_TEMPLATES"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@st.composite
def sources(draw: st.DrawFn) -> TemplateSource:
    path = draw(TEXT | st.just(""))
    template = draw(TEXT if not path else TEXT | st.just(""))
    default, missing = draw(st.sampled_from(["", "map", "json"])), draw(st.sampled_from(["", "error"]))
    left, right = draw(st.just(LEFT) | TEXT), draw(st.just(RIGHT) | TEXT)
    return TemplateSource(draw(TEXT), path, template, default, left, right, missing)


@given(st.lists(sources()))
def test_sources_are_read_as_they_were_written(written: list[TemplateSource]) -> None:
    text = sources_text(written)
    assert text.isascii()
    assert list(parse_sources(text)) == written


def test_fields_with_their_usual_value_are_left_out() -> None:
    source = TemplateSource("config.env", "secret/data/x", "{{ . }}")
    assert json.loads(sources_text([source])) == [
        {"name": "config.env", "path": "secret/data/x", "template": "{{ . }}"}
    ]
    other = TemplateSource("a", "b", default="map", left="[[", right="]]", missing_key="error")
    assert json.loads(sources_text([other])) == [
        {"name": "a", "path": "b", "default": "map", "left": "[[", "right": "]]", "missing_key": "error"}
    ]


BAD = [
    ("{", "not JSON"),
    ("{}", "it is not a JSON list"),
    ('["a"]', "source 1 is not an object with a name"),
    ('[{"name": "", "path": "b"}]', "source 1 is not an object with a name"),
    ('[{"name": "a", "path": "b"}, {"path": "b"}]', "source 2 is not an object with a name"),
    ('[{"name": "a", "paths": "b"}]', "source 1 has the unknown field 'paths'"),
    ('[{"name": "a", "path": 1}]', "source 1: path is not a text that it can have"),
    ('[{"name": ["a"], "path": "b"}]', "source 1: name is not a text that it can have"),
    ('[{"name": "a", "path": "b", "default": "yaml"}]', "source 1: default is not a text that it can have"),
    (
        '[{"name": "a", "path": "b", "missing_key": "zero"}]',
        "source 1: missing_key is not a text that it can",
    ),
    ('[{"name": "a"}]', "source 1 has neither path nor template"),
    ('[{"name": "a", "path": "b", "left": ""}]', "source 1 has an empty delimiter"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_another_form_is_an_error_that_names_variable_and_source(text: str, message: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{VARIABLE} cannot be read: {message}") as error:
        Settings({VARIABLE.encode(): text.encode()})
    assert "secret" not in str(error.value)


def test_the_program_does_not_get_the_variable() -> None:
    assert all(VARIABLE.encode() in removed(login, "jwt") for login in (False, True))


def test_the_plan_of_a_start_counts_sources_and_sees_no_reference_in_them() -> None:
    environ = {VARIABLE.encode(): b'[{"name": "a", "path": "b"}, {"name": "c", "template": "${vault:d#e}"}]'}
    plan = Plan(environ, Settings(environ), Log())
    assert (plan.needs_vault, plan.reads, plan.values) == (True, 2, {})
