"""Templates analysed before a pod exists."""

import pytest

from tests.webhook.config.hashicorp.annotated import read
from vaultenv.template_sources import TemplateSource
from vaultkube.problem import messages
from webhook.config.hashicorp.template_analysis import named_paths

GATE = {"agent-inject": "true", "agent-run-as-sidecar": "false", "agent-inject-secret-a": "kv/data/a"}


def findings_of(template: str, **more: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the problems and the warnings of a pod with this template."""
    mode = read({**GATE, "agent-inject-template-a": template, **more})
    assert mode is not None
    return messages(mode.problems), messages(mode.warnings)


def test_a_template_that_can_be_rendered_is_no_problem() -> None:
    assert findings_of('{{ with secret "kv/data/a" }}A={{ .Data.data.b }}{{ end }}') == ((), ())


def test_all_mistakes_are_reported_with_line_and_column() -> None:
    problems, warnings = findings_of('A={{ secrit "x" }}\nB={{ "x" | toUper }}')
    assert len(problems) == 2
    where = "annotation vault.hashicorp.com/agent-inject-template-a: line"
    assert problems[0].startswith(f"{where} 1, column 6: ")
    assert problems[1].startswith(f"{where} 2, column 12: ")
    assert "toUpper" in problems[1]
    assert not warnings


@pytest.mark.parametrize("template", ["{{", "{{ if }}", "{{ end }}", "{{ range .a }}", '{{ "open }}'])
def test_a_malformed_template_is_a_problem(template: str) -> None:
    (problem,), _ = findings_of(template)
    assert "agent-inject-template-a: line 1, column" in problem


def test_a_version_2_secret_read_as_version_1_is_a_warning() -> None:
    problems, (warning,) = findings_of('{{ with secret "kv/data/a" }}A={{ .Data.b }}{{ end }}')
    assert not problems
    assert "line 1, column" in warning


def test_the_templates_own_delimiters_count() -> None:
    delimiters = {"agent-template-left-delim-a": "[[", "agent-template-right-delim-a": "]]"}
    assert findings_of("A={{ b }} [[ 1 ]]", **delimiters) == ((), ())


def test_the_paths_of_a_template_are_named_once_and_built_ones_are_unknown() -> None:
    template = (
        '{{ secret "a/data/b?version=2" }}{{ secret "a/data/b" }}{{ range secrets "a/metadata/" }}{{ secret (print "a/" .) }}'
        "{{ end }}"
    )
    assert named_paths(TemplateSource("x", template=template)) == ["a/data/b", "a/metadata", None]
    assert named_paths(TemplateSource("x", path="a/b", default="map")) == []


QUOTED = '{{`{{- with secret "kv/data/a" -}}A={{ .Data.data.b }}{{- end }}`}}'


def test_a_template_that_is_quoted_for_helm_outside_of_a_chart_is_a_warning() -> None:
    """The file would have the template's own text."""
    problems, (warning,) = findings_of(QUOTED)
    assert not problems
    assert (
        "agent-inject-template-a: the template reads no secret, it only prints a text that would" in warning
    )


@pytest.mark.parametrize(
    "template",
    [
        "A={{ 1 }}",
        'A=secret "x"',
        '{{ with secret "kv/data/a" }}A={{ .Data.data.b }}{{ `{{ secret "x" }}` }}{{ end }}',
    ],
)
def test_a_text_without_a_secret_is_no_warning(template: str) -> None:
    assert findings_of(template) == ((), ())


def test_a_text_for_another_program_is_no_warning_with_delimiters_of_its_own() -> None:
    delimiters = {"agent-template-left-delim-a": "[[", "agent-template-right-delim-a": "]]"}
    assert findings_of('A={{ secret "x" }}', **delimiters) == ((), ())
