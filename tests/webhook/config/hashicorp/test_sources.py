"""Sources of exec mode: order, defaults, delimiters, and annotations of no source."""

import json

import pytest

from tests.webhook.config.hashicorp.annotated import TEMPLATE, exec_mode, read, rules_and_keys
from vaultenv.settings import Settings
from vaultenv.template_sources import TemplateSource
from webhook.config.annotations import container_variables

GATE = {"agent-inject": "true", "agent-run-as-sidecar": "false"}


def sources(annotations: dict[str, str], **operator: str) -> tuple[TemplateSource, ...]:
    mode = read({**GATE, **annotations}, **operator)
    assert mode is not None
    assert not mode.problems
    return mode.config.sources


def test_sources_are_in_the_order_of_their_names() -> None:
    annotations = {
        "agent-inject-secret-b": "kv/b",
        "agent-inject-template-a": "{{ . }}",
        "agent-inject-secret-A": "kv/A",
    }
    assert [source.name for source in sources(annotations)] == ["A", "a", "b"]


def test_a_path_with_a_template_keeps_both_and_one_without_has_the_default() -> None:
    annotations = {
        "agent-inject-secret-config.env": " /secret/data/api/ ",
        "agent-inject-template-config.env": TEMPLATE,
        "agent-inject-secret-db": "kv/db?version=2",
    }
    assert sources(annotations) == (
        TemplateSource("config.env", "secret/data/api", TEMPLATE),
        TemplateSource("db", "kv/db?version=2", default="map"),
    )
    assert sources(annotations, AGENT_INJECT_DEFAULT_TEMPLATE="json")[1].default == "json"
    assert sources({**annotations, "agent-inject-default-template": "JSON"})[1].default == "json"


def test_delimiters_and_missing_keys_are_of_one_name() -> None:
    annotations = {
        "agent-inject-template-a": "[[ . ]]",
        "agent-template-left-delim-a": "[[",
        "agent-template-right-delim-a": "]]",
        "error-on-missing-key-a": "true",
        "agent-inject-template-b": "{{ . }}",
        "error-on-missing-key-b": "false",
    }
    assert sources(annotations) == (
        TemplateSource("a", template="[[ . ]]", left="[[", right="]]", missing_key="error"),
        TemplateSource("b", template="{{ . }}"),
    )


def test_an_annotation_of_no_source_is_a_warning() -> None:
    mode = exec_mode({"agent-template-left-delim-x": "[[", "error-on-missing-key-y": "true"})
    assert rules_and_keys(mode.warnings) == [
        ("annotation-ignored", "agent-template-left-delim-x"),
        ("annotation-ignored", "error-on-missing-key-y"),
    ]


@pytest.mark.parametrize("path", [{}, {"agent-inject-secret-a": " / "}])
def test_exec_mode_with_nothing_to_bring_is_refused(path: dict[str, str]) -> None:
    mode = read({**GATE, **path})
    assert mode is not None
    assert rules_and_keys(mode.problems) == [("exec-mode", "agent-inject")]


def test_more_than_a_program_can_be_started_with_is_refused() -> None:
    mode = exec_mode({"agent-inject-template-config.env": "x" * 130_000})
    assert ("exec-mode", "agent-inject") in rules_and_keys(mode.problems)
    assert "shorten them" in mode.problems[0].message


def test_the_launcher_reads_the_sources_of_the_webhook() -> None:
    mode = exec_mode({"agent-inject-template-config.env": 'ä "$HOME" \\ {{ "\u2028" }}\n'})
    text = container_variables(mode.config, "")["VAULT_ENV_TEMPLATES"]
    assert json.loads(text)[0]["name"] == "config.env"
    assert Settings({b"VAULT_ENV_TEMPLATES": text.encode()}).templates == mode.config.sources
