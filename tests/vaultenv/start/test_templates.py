"""VAULT_ENV_TEMPLATES rendered by the launcher, on a real Vault."""

import json
from pathlib import Path

import pytest

from tests.servers.vault import Vault, VaultRefused
from tests.vaultenv.launcher import launch, variables
from tests.vaultenv.start.test_start import ENV, at
from tests.vaultenv.test_imports import ON_STOCK, foreign, loaded_modules
from vaultenv.template_sources import TemplateSource, sources_text

pytestmark = pytest.mark.usefixtures("each_launcher")

EACH_KEY = """
{{- with secret "secret/data/spitikos/api" -}}
{{- range $key, $value := .Data.data }}
{{ $key }}={{ $value }}
{{- end }}
{{- end }}
"""


@pytest.fixture
def api(secrets: Vault) -> Vault:
    secrets.put_secret("secret/data/spitikos/api", DB_URL="postgres://u:p@db/x?a=b", KEY="two\nlines", N=5)
    return secrets


def environ(vault: Vault, *sources: TemplateSource, **more: str) -> dict[str, str]:
    return at(vault, VAULT_ENV_TEMPLATES=sources_text(sources), **more)


def brought(vault: Vault, *sources: TemplateSource, **more: str) -> dict[str, str]:
    done = launch(ENV, "-0", **environ(vault, *sources, **more))
    assert done.returncode == 0, done.stderr
    return {name.decode(): value.decode() for name, value in variables(done.stdout).items()}


def refusal(vault: Vault, *sources: TemplateSource, **more: str) -> str:
    """Return the error of a start that ends before the program; it must hold no value of the fixtures."""
    done = launch(ENV, "-0", **environ(vault, *sources, **more))
    assert (done.returncode, done.stdout) == (1, b"")
    message = done.stderr.decode()
    assert "superusername" not in message
    assert "hunter2" not in message
    return message


def template(text: str, name: str = "config.env", missing_key: str = "") -> TemplateSource:
    return TemplateSource(name, template=text, missing_key=missing_key)


def test_each_key_of_a_secret_becomes_a_variable(api: Vault) -> None:
    found = brought(api, TemplateSource("config.env", "secret/data/spitikos/api", EACH_KEY))
    assert found == {"DB_URL": "postgres://u:p@db/x?a=b", "KEY": "two\nlines", "N": "5"}


@pytest.mark.parametrize("path", ["secret/data/account", "secret/account"])
def test_a_path_without_a_template_brings_all_keys(secrets: Vault, path: str) -> None:
    assert brought(secrets, TemplateSource("a", path, default="map")) == {
        "username": "superusername",
        "password": "secret",
    }


def test_a_version_in_a_path_is_read(secrets: Vault) -> None:
    found = brought(secrets, TemplateSource("a", "secret/data/account?version=1"))
    assert found["username"] == "superusername1"
    text = '{{ with secret "secret/account?version=1" }}A={{ .Data.data.username }}{{ end }}'
    assert brought(secrets, template(text)) == {"A": "superusername1"}


def test_keys_of_kv_version_1_become_variables_unchanged(secrets: Vault) -> None:
    assert brought(secrets, TemplateSource("a", "kv1/account")) == {
        "username": "one",
        "data": "a field called data",
        "number": "12",
    }


def test_a_template_reads_a_path_that_an_answer_names(secrets: Vault) -> None:
    secrets.put_secret("secret/data/pointer", to="secret/account")
    text = '{{ with secret "secret/pointer" }}{{ with secret .Data.data.to }}P={{ .Data.data.password }}{{ end }}{{ end }}'
    assert brought(secrets, template(text)) == {"P": "secret"}


def test_names_below_a_path_are_listed_and_none_is_no_error(api: Vault) -> None:
    text = '{{ range secrets "secret/spitikos" }}N_{{ . }}=1\n{{ end }}{{ range secrets "secret/none" }}X=1{{ end }}'
    assert brought(api, template(text)) == {"N_api": "1"}


def test_a_write_in_a_template_has_its_answer(secrets: Vault) -> None:
    text = '{{ with secret "transit/encrypt/mykey" "plaintext=c2VjcmV0" }}C={{ .Data.ciphertext }}{{ end }}'
    assert brought(secrets, template(text))["C"].startswith("vault:v1:")


def test_data_for_kv_version_2_is_wrapped_as_it_is_unwrapped(secrets: Vault) -> None:
    written = brought(
        secrets, template('{{ with secret "secret/by-template" "k=v w" }}V={{ .Data.version }}{{ end }}')
    )
    assert int(written["V"]) >= 1
    assert secrets.read("secret/data/by-template")["data"] == {"k": "v w"}


def test_a_certificate_is_issued_once_for_all_templates(secrets: Vault) -> None:
    secrets.write("pki/roles/any", {"allow_any_name": True, "ttl": "1h"})
    text = (
        '{{ with pkiCert "pki/issue/any" "common_name=a.example" }}%s={{ .Cert }}\n%s_KEY={{ .Key }}{{ end }}'
    )
    found = brought(secrets, template(text % ("A", "A")), template(text % ("B", "B"), "b"))
    assert found["A"].startswith("-----BEGIN CERTIFICATE")
    assert "PRIVATE KEY" in found["A_KEY"]
    assert (found["A"], found["A_KEY"]) == (found["B"], found["B_KEY"])


def test_each_path_is_read_once_whatever_the_sources(secrets: Vault) -> None:
    secrets.policy("account", 'path "secret/data/account" { capabilities = ["read"] }')
    token = secrets.new_token("account", num_uses=2)  # the mount, the secret
    text = '{{ with secret "secret/data/account" }}%s={{ .Data.data.password }}{{ end }}'
    found = brought(secrets, template(text % "A"), template(text % "B", "b"), VAULT_TOKEN=token)
    assert found == {"A": "secret", "B": "secret"}


def test_a_later_source_wins_over_an_earlier_one_and_over_paths(secrets: Vault) -> None:
    sources = (template("A=1\nB=1\nusername=mine", "a"), template("B=2\nC=2", "b"))
    found = brought(secrets, *sources, VAULT_ENV_FROM_PATH="secret/data/account")
    assert found == {"A": "1", "B": "2", "C": "2", "username": "mine", "password": "secret"}


def test_the_containers_own_variables_win_over_every_source(secrets: Vault) -> None:
    own = {"A": "plain", "B": "vault:secret/data/account#password"}
    assert brought(secrets, template("A=1\nB=1\nC=1"), **own) == {"A": "plain", "B": "secret", "C": "1"}


def test_the_text_of_a_template_is_no_reference(secrets: Vault) -> None:
    text = "A=vault:secret/data/none#x\nB=${vault:secret/data/none#x}"
    found = brought(secrets, template(text), VAULT_ENV_PASSTHROUGH="VAULT_ENV_TEMPLATES")
    assert json.loads(found.pop("VAULT_ENV_TEMPLATES"))[0]["template"] == text
    assert found == {"A": "vault:secret/data/none#x", "B": "${vault:secret/data/none#x}"}


def test_a_missing_path_ends_the_start_with_template_path_status_and_remedy(secrets: Vault) -> None:
    text = '{{ with secret "secret/none" }}A=1{{ end }}'
    message = refusal(secrets, template(text), TemplateSource("other", "secret/data/gone"))
    assert "path not found: secret/data/none: nothing is stored there" in message
    assert "write the secret (Code: 404) (template config.env)" in message
    assert "path not found: secret/data/gone: version 1 was deleted at" in message
    assert "(Code: 404) (template other)" in message


def test_a_forbidden_path_ends_the_start_with_its_status(secrets: Vault) -> None:
    token = secrets.new_token("default")
    message = refusal(secrets, TemplateSource("a", "secret/data/account"), VAULT_TOKEN=token)
    assert "Code: 403" in message
    assert "must allow secret/data/account" in message
    assert "(template a)" in message


def test_a_missing_key_ends_the_start_if_the_source_says_so(secrets: Vault) -> None:
    text = '{{ with secret "secret/account" }}\nA={{ .Data.data.none }}{{ end }}'
    assert brought(secrets, template(text)) == {"A": "<no value>"}
    message = refusal(secrets, template(text, missing_key="error"))
    assert "line 2, column 11: map has no entry for key" in message
    assert "correct the template, or the secret (template config.env)" in message


def test_a_line_that_is_no_variable_ends_the_start_and_is_not_shown(secrets: Vault) -> None:
    secrets.put_secret("secret/data/password", p="hunter2")
    text = 'A=1\n{{ with secret "secret/password" }}{{ .Data.data.p }}{{ end }}'
    message = refusal(secrets, template(text))
    assert "line 2 of the output has no =: write KEY=VALUE in the template" in message
    assert "(template config.env)" in message


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "PYTHONPATH"])
def test_a_name_that_could_run_code_ends_the_start(secrets: Vault, name: str) -> None:
    secrets.put_secret("secret/data/code", **{name: "hunter2"})
    message = refusal(secrets, TemplateSource("a", "secret/data/code"))
    assert f"key '{name}' under path: secret/data/code: would change how programs load" in message
    message = refusal(secrets, template(f"A=1\n{name}=hunter2"))
    assert "line 2 of the output names a variable that would change how programs load" in message


def test_keys_that_no_variable_can_have_end_the_start(secrets: Vault) -> None:
    secrets.put_secret("secret/data/odd", **{"a=b": "hunter2"})
    secrets.put_secret("secret/data/nested", a={"b": "hunter2"})
    message = refusal(
        secrets, TemplateSource("a", "secret/data/odd"), TemplateSource("b", "secret/data/nested")
    )
    assert "key 'a=b' under path: secret/data/odd: cannot name a variable" in message
    assert "key 'a' under path: secret/data/nested: is a list or an object: write a template" in message


def test_nothing_is_written_while_a_template_cannot_be_parsed(secrets: Vault) -> None:
    writes = template('{{ with secret "secret/never" "k=v" }}A=1{{ end }}', "a")
    bad = (template("{{ if }}", "b"), template('{{ env "HOME" }}', "c"))
    message = refusal(secrets, writes, *bad, A='>>vault:secret/data/never#version#{"data":{"k":"v"}}')
    assert "line 1, column" in message
    assert "(template b)" in message
    assert "a template does not see the environment" in message
    with pytest.raises(VaultRefused, match="404"):
        secrets.read("secret/data/never")


def test_a_value_that_is_no_text_stays_as_it_is_or_becomes_a_replacement(secrets: Vault) -> None:
    text = """A={{ base64Decode "/w==" }}\nB={{ "\\"\\\\ud800\\"" | parseJSON }}"""
    done = launch(ENV, "-0", **environ(secrets, template(text)))
    assert variables(done.stdout) == {b"A": b"\xff", b"B": "\ufffd".encode()}, done.stderr


def test_an_embedded_store_answers_templates_as_vault_does(api: Vault, store_file: Path) -> None:
    store_file.write_text(
        json.dumps(
            {
                "secret/data/spitikos/api": {"N": 5},
                "secret/data/spitikos/api#1": {"N": 4},
                "secret/data/spitikos/x/y": {},
                "kv1/account": {"data": "a field called data"},
            }
        )
    )
    text = """{{ with secret "secret/spitikos/api" }}N={{ .Data.data.N }}{{ end }}
{{ with secret "secret/data/spitikos/api?version=1" }}FIRST={{ .Data.data.N }}{{ end }}
{{ with secret "kv1/account" }}DATA={{ .Data.data }}{{ end }}
{{ range secrets "secret/spitikos" }}NAME_{{ . }}=1\n{{ end }}"""
    sources = (template(text), TemplateSource("all", "secret/spitikos/api"))
    done = launch(ENV, "-0", **environ(api, *sources) | {"VAULT_ADDR": f"file://{store_file}"})
    assert variables(done.stdout) == {
        b"N": b"5",
        b"FIRST": b"4",
        b"DATA": b"a field called data",
        b"NAME_api": b"1",
        b"NAME_x/": b"1",
    }, done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{{ secret "secret/none" }}', "path not found: secret/data/none"),
        (
            '{{ secret "secret/a" "k=v" }}',
            "the embedded store cannot write to secret/data/a: use a real Vault",
        ),
    ],
)
def test_a_request_that_the_embedded_store_cannot_answer_ends_the_start(
    api: Vault, store_file: Path, text: str, message: str
) -> None:
    store_file.write_text(json.dumps({"secret/data/a": {}}))
    done = launch(ENV, **environ(api, template(text)) | {"VAULT_ADDR": f"file://{store_file}"})
    assert done.returncode == 1
    assert message in done.stderr.decode()


def test_the_check_names_the_template_of_each_variable(secrets: Vault) -> None:
    sources = (template("A=1\nB=hunter2"), TemplateSource("all", "secret/account"))
    done = launch("--check", **environ(secrets, *sources, B="own"))
    assert done.stdout.decode().splitlines() == [
        "A: template config.env",
        "password: template all",
        "username: template all",
        "3 variables can be resolved",
    ], done.stderr


def test_a_path_without_a_template_loads_nothing_of_the_language(api: Vault) -> None:
    modules = loaded_modules(environ(api, TemplateSource("a", "secret/data/spitikos/api")))
    assert "vaultenv.start.templates" in modules
    assert (
        not {"vaultenv.template.parser", "vaultenv.template.evaluate", "vaultenv.template.values"} & modules
    )


def test_a_template_loads_only_the_functions_that_it_names(api: Vault) -> None:
    modules = loaded_modules(environ(api, TemplateSource("a", "", EACH_KEY)))
    tables = ("numbers", "texts", "lists", "encodings", "patterns", "documents", "printing", "go")
    assert not {f"vaultenv.template.consul.{name}" for name in (*tables, "timestamp", "scratch")} & modules
    assert not {"vaultenv.template.printf", "vaultenv.template.sprig", "vaultenv.template.regex"} & modules


def test_templates_stay_in_the_import_budget(api: Vault) -> None:
    modules = loaded_modules(environ(api, TemplateSource("a", "", EACH_KEY)))
    assert "vaultenv.template.consul.template" in modules
    assert foreign(modules) <= ON_STOCK | {"binascii"}
