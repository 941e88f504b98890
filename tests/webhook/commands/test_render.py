"""`vault-webhook render` prints the output of templates with secrets from files, and values only with an option."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from webhook.__main__ import main

EXAMPLE = Path(__file__).parents[3] / "docs/examples/hashicorp.yaml"
PREFIX = "vault.hashicorp.com/"
SECRET = {"user": "bob", "password": "hunter2", "key": "two\nlines"}
PATH = "secret/data/spitikos/api"
Render = Callable[..., tuple[int, str, str]]


@pytest.fixture
def render(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Render:
    """Return a function that runs the command with secrets by path and returns status, output and errors."""

    def call(*options: str, **secrets: Any) -> tuple[int, str, str]:
        words = ["vault-webhook", "render", *options]
        for number, (path, content) in enumerate(secrets.items()):
            file = tmp_path / f"{number}.json"
            file.write_text(content if isinstance(content, str) else json.dumps(content))
            words += ["--secret", f"{path}={file}"]
        monkeypatch.setattr(sys, "argv", words)
        status = main()
        output = capsys.readouterr()
        return status, output.out, output.err

    return call


@pytest.fixture
def pods(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes a document for each set of annotations and returns the file's name."""

    def write(*annotations: dict[str, str]) -> str:
        documents = [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"p{number}",
                    "annotations": {PREFIX + key: text for key, text in each.items()},
                },
                "spec": {"containers": [{"name": "app", "image": "app"}]},
            }
            for number, each in enumerate(annotations)
        ]
        file = tmp_path / "pods.yaml"
        file.write_text(yaml.safe_dump_all(documents))
        return str(file)

    return write


EXEC = {"agent-inject": "true", "agent-run-as-sidecar": "false"}
FILES = {"agent-inject": "true"}


def test_the_variables_of_exec_mode_are_named_and_their_values_masked(render: Render) -> None:
    status, output, errors = render("-f", str(EXAMPLE), **{PATH: SECRET})
    assert (status, output) == (0, "key=***\npassword=***\nuser=***\n")
    assert errors == "# Deployment default/api: template config.env\n"


def test_revealed_values_of_several_lines_are_quoted(render: Render) -> None:
    _, output, _ = render("-f", str(EXAMPLE), "--reveal", **{PATH: SECRET})
    assert output == "key='two\nlines'\npassword=hunter2\nuser=bob\n"


@pytest.mark.parametrize("path", [PATH, "secret/spitikos/api", "/secret/data/spitikos/api/"])
@pytest.mark.parametrize(
    "content",
    [
        SECRET,
        {"data": SECRET, "metadata": {"version": 3}},
        {"request_id": "", "data": {"data": SECRET, "metadata": {"version": 3}}},
    ],
)
def test_a_secret_is_found_by_either_path_and_in_either_form(render: Render, path: str, content: Any) -> None:
    assert render("-f", str(EXAMPLE), **{path: content})[:2] == (0, "key=***\npassword=***\nuser=***\n")


def test_text_of_the_template_around_a_masked_value_is_shown(render: Render) -> None:
    text = 'URL="pg://{{ with secret "kv/a" }}{{ .Data.user }}{{ .Data.password }}@db{{ end }}"'
    assert render("--template", text, "--variables", **{"kv/a": SECRET})[1] == "URL=pg://***@db\n"


def test_a_file_is_its_text_with_the_names_of_keys_and_without_values(render: Render) -> None:
    text = 'x: {{ with secret "kv/a" }}\n{{ range $k, $v := .Data }}  {{ $k }}:\t{{ $v }}\n{{ end }}{{ end }}'
    status, output, errors = render("--template", text, **{"kv/a": SECRET})
    assert (status, output) == (0, "x: \n  key:\t***\n  password:\t***\n  user:\t***\n")
    assert errors == "# the template\n"
    assert "key:\ttwo\nlines\n" in render("--template", text, "--reveal", **{"kv/a": SECRET})[1]


def test_a_file_has_the_names_of_what_only_the_node_knows(render: Render) -> None:
    text = '{{ with secret (print "a/" (env "NAMESPACE")) }}{{ .Data.user }}@{{ env "POD_IP" }}{{ end }}'
    status, output, _ = render("--template", text, **{"a/NAMESPACE": SECRET})
    assert (status, output) == (0, "***@POD_IP\n")
    status, output, errors = render("--variables", "--template", 'A={{ env "POD_IP" }}')
    assert (status, output) == (1, "")
    assert 'function "env" is not available' in errors


def test_a_path_without_a_template_is_all_its_keys_or_the_agents_default(
    render: Render, pods: Callable[..., str]
) -> None:
    paths = {"agent-inject-secret-a": "kv/a"}
    as_json = {"agent-inject-default-template": "json"}
    file = pods({**EXEC, **paths}, {**FILES, **paths}, {**FILES, **paths, **as_json})
    status, output, errors = render("-f", file, "--reveal", **{"kv/a": {"user": "bob", "n": 1.50}})
    assert (status, output) == (0, 'user=bob\nn=1.5\nn: 1.5\nuser: bob\n{"n":1.5,"user":"bob"}\n')
    assert [line.split()[-3:] for line in errors.splitlines()] == [
        [f"default/p{number}:", "secret", "a"] for number in range(3)
    ]
    assert render("-f", file, **{"kv/a": {"user": "bob"}})[1] == "user=***\nuser: ***\n***\n"


def test_the_operators_defaults_count(render: Render, pods: Callable[..., str], tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    data = {"AGENT_INJECT_DEFAULT_TEMPLATE": "json"}
    settings.write_text(yaml.safe_dump({"kind": "ConfigMap", "metadata": {"name": "s"}, "data": data}))
    file = pods({**FILES, "agent-inject-secret-a": "kv/a"})
    with_settings = ("-f", file, "--reveal", "--settings", str(settings))
    assert render(*with_settings, **{"kv/a": {"user": "bob"}})[1] == '{"user":"bob"}\n'


def test_all_missing_secrets_are_reported_at_once_with_the_option_to_give(
    render: Render, pods: Callable[..., str]
) -> None:
    first = '{{ with secret "kv/a" }}x{{ end }}{{ with secret "kv/b" }}{{ range secrets "kv/c" }}y{{ end }}{{ end }}'
    second = '{{ with pkiCert "pki/issue/x" "common_name=y" }}{{ .Cert }}{{ end }}{{ with secret "kv/a" }}{{ end }}'
    file = pods({**EXEC, "agent-inject-template-a": first}, {**FILES, "agent-inject-template-b": second})
    status, output, errors = render("-f", file, **{"kv/b": SECRET})
    assert (status, output) == (1, "")
    messages = [line.removeprefix("vault-webhook render: error: ") for line in errors.splitlines()]
    assert messages == [
        "Pod default/p0: template a, Pod default/p1: template b: no file for kv/a: add --secret kv/a=FILE.json",
        "Pod default/p0: template a: no file for kv/c: add --secret kv/c=FILE.json",
        "Pod default/p1: template b: no file for pki/issue/x: add --secret pki/issue/x=FILE.json",
    ]


def test_good_templates_are_rendered_beside_errors(render: Render, pods: Callable[..., str]) -> None:
    good, bad = {**FILES, "agent-inject-template-a": "good"}, {**FILES, "agent-inject-template-b": "{{ x }}"}
    status, output, errors = render("-f", pods(good, bad))
    assert (status, output) == (1, "good\n")
    assert 'Pod default/p1: template b: line 1, column 4: function "x" not defined' in errors


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a\n {{ nothing }}{{ neither }}", "line 2, column 18"),
        ("{{ if }}", "line 1, column 7"),
        ('A=1\nB={{ with secret "kv/a" }}{{ .Data.user.name }}{{ end }}', "line 2, column"),
        ('A=1\n{{ with secret "kv/a" }}{{ .Data.password }}{{ end }}', "line 2 of the output has no ="),
        ("LD_PRELOAD=x", "line 1 of the output names a variable that would change how programs load"),
    ],
)
def test_an_error_has_its_place_and_no_value(render: Render, text: str, place: str) -> None:
    status, output, errors = render("--template", text, "--variables", **{"kv/a": SECRET})
    assert (status, output) == (1, "")
    assert place in errors
    assert "hunter2" not in errors
    assert "bob" not in errors


def test_names_are_listed_from_a_file_of_them(render: Render) -> None:
    text = '{{ range secrets "kv/x" }}{{ . }};{{ end }}'
    for content in (["b/", "a"], {"keys": ["b/", "a"]}, {"data": {"keys": ["b/", "a"]}}):
        assert render("--template", text, "--reveal", **{"kv/x": content})[1] == "a;b/;\n"
    assert "holds no names" in render("--template", text, **{"kv/x": SECRET})[2]


def test_other_delimiters_are_the_annotations_or_the_options(
    render: Render, pods: Callable[..., str]
) -> None:
    options = {"agent-template-left-delim-a": "<<", "agent-template-right-delim-a": ">>"}
    file = pods({**FILES, **options, "agent-inject-template-a": "<< 1 >>{{ 2 }}"})
    assert render("-f", file, "--reveal")[1] == "1{{ 2 }}\n"
    assert render("--template", "<< 1 >>{{ 2 }}", "--left", "<<", "--right", ">>")[1] == "***{{ 2 }}\n"


def test_manifests_come_from_standard_input(render: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(EXAMPLE.read_text()))
    assert render("-f", "-", **{PATH: SECRET})[0] == 0


@pytest.mark.parametrize(
    ("options", "content", "message"),
    [
        (("-f", "/nowhere.yaml"), {}, "/nowhere.yaml cannot be read"),
        (("--template", "x"), "{", "holds no JSON"),
        (("--template", '{{ secret "kv/a" }}'), ["a"], "the file for kv/a holds no JSON object"),
        (
            ("--template", "x", "--secret", "kv/b=/nowhere.json"),
            {},
            "/nowhere.json cannot be read: No such file",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error(
    render: Render, options: tuple[str, ...], content: Any, message: str
) -> None:
    status, output, errors = render(*options, **{"kv/a": content})
    assert (status, output) == (1, "")
    assert message in errors


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-f", "x", "--template", "y"),
        ("--template", "x", "--secret", "a"),
        ("--template", "x", "--secret", "a:b=c"),
    ],
)
def test_wrong_usage_has_its_status(render: Render, options: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as end:
        render(*options)
    assert end.value.code == 2


def test_files_without_such_pods_are_an_error(render: Render, pods: Callable[..., str]) -> None:
    status, _, errors = render("-f", pods({}))
    assert status == 1
    assert "no pod in the files has agent-inject-secret-NAME" in errors


def test_control_characters_of_a_template_are_escaped(render: Render) -> None:
    assert render("--template", "a\x1b[2J\tb\x9b\n\r")[1] == "a\\x1b[2J\tb\\x9b\n\\r\n"
