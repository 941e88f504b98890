"""Custom objects of secrets.hashicorp.com: each mistake at its line, and references between the objects of the files."""

from typing import Any

import pytest
import yaml

from tests.vaultkube.sync_resources.documents import document
from webhook.commands.check import run
from webhook.offline.checks.checking import Checker
from webhook.offline.checks.sync_resources import Together, find_resources
from webhook.offline.context import Manifests
from webhook.offline.documents import parse_documents
from webhook.offline.operator_settings import read_operator
from webhook.offline.preview import Surroundings

POLICY = "apiVersion: v1\nkind: ConfigMap\ndata: {VAULT_PATH_POLICY: 'secret/data/{namespace}'}\n"


def findings(text: str, settings: str | None = None) -> list[tuple[int, str, str]]:
    """Return line, rule and message of each finding, of all documents together."""
    documents = parse_documents(text)
    together = Together(found.resource for one in documents for found in find_resources(one.content, "team"))
    checker = Checker(read_operator(settings), Surroundings(Manifests([])), "team", together=together)
    return sorted(
        (each.line, each.rule_id, each.message) for one in documents for each in checker.findings(one)
    )


def rules(*documents: dict[str, Any]) -> list[str]:
    return [rule for _, rule, _ in findings(yaml.safe_dump_all(documents))]


CONNECTION = document("VaultConnection", "c")
AUTH = document("VaultAuth", "a", vaultConnectionRef="c")
SECRET = document("VaultStaticSecret", vaultAuthRef="a")


def test_objects_that_fit_together_have_no_finding() -> None:
    assert rules(CONNECTION, AUTH, SECRET) == []


def test_each_mistake_has_its_line() -> None:
    text = """apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata: {name: one}
spec:
  mount: secret
  type: kv-v3
  path: a
  refreshafter: 60s
  destination:
    name: kv
    transformation:
      templates:
        x:
          text: "{{ .Secrets.a | foo }}"
"""
    assert [(line, rule) for line, rule, _ in findings(text)] == [(6, "sync-field"), (8, "sync-unknown")]
    assert [line for line, *_ in findings(text.replace("kv-v3", "kv-v2"))] == [8, 14]


def test_a_reference_to_an_absent_object_is_a_note() -> None:
    assert rules(SECRET) == ["sync-reference-unknown"]
    assert rules(AUTH) == ["sync-reference-unknown"]


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [(None, ["sync-reference"]), (["*"], []), (["team"], []), (["x"], ["sync-reference"])],
)
def test_another_namespace_must_be_allowed(allowed: list[str] | None, expected: list[str]) -> None:
    auth = document("VaultAuth", "a", "other", allowedNamespaces=allowed)
    assert rules(auth, document("VaultStaticSecret", vaultAuthRef="other/a")) == expected


def test_a_global_must_allow_the_namespace_too() -> None:
    shared = document("VaultAuthGlobal", "g", "other")
    auth = document("VaultAuth", "a", vaultAuthGlobalRef={"name": "g", "namespace": "other"})
    assert rules(shared, auth) == ["sync-reference"]


def test_two_objects_for_one_secret_are_both_found() -> None:
    other = document("VaultDynamicSecret", "two", vaultAuthRef="a", destination={"name": "kv"})
    assert rules(CONNECTION, AUTH, SECRET, other) == ["sync-destination", "sync-destination"]
    assert rules(CONNECTION, AUTH, SECRET, SECRET) == []


def test_an_absent_template_of_a_transformation_is_found() -> None:
    shared = document("SecretTransformation", "t", templates={"a": {"text": "x"}})
    reference = {"name": "t", "templateRefs": [{"name": "a"}, {"name": "b"}]}
    secret = document(
        "VaultStaticSecret", destination={"name": "kv", "transformation": {"transformationRefs": [reference]}}
    )
    assert rules(shared, secret) == ["sync-reference"]


def test_the_policy_of_paths_holds_for_them(tmp_path: Any) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(POLICY)
    text = yaml.safe_dump(document("VaultStaticSecret", path="other/x"))
    assert [rule for _, rule, _ in findings(text, str(settings))] == ["path-refused"]
    assert findings(text.replace("other/x", "team/x"), str(settings)) == []


def test_objects_of_a_list_are_found() -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [document("VaultStaticSecret", path="")]}
    assert [(line > 2, rule) for line, rule, _ in findings(yaml.safe_dump(listed))] == [(True, "sync-field")]


def test_the_command_sees_all_files(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    files = []
    for number, each in enumerate((CONNECTION, AUTH, SECRET)):
        files += ["-f", str(tmp_path / f"{number}.yaml")]
        (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump(each))
    assert run(files) == 0
    assert "sync-" not in capsys.readouterr().out
    assert run(files[-2:]) == 0
    assert "VaultAuth team/a is in none of the files" in capsys.readouterr().out


def test_the_default_login_may_be_that_of_the_operators_namespace_which_is_for_all() -> None:
    connection = document("VaultConnection", "c", "op")
    default = document("VaultAuth", "default", "op", vaultConnectionRef="c")
    secret = document("VaultStaticSecret", vaultAuthRef="op/default")
    assert rules(connection, default, secret) == []
    default["spec"]["allowedNamespaces"] = ["other"]
    assert rules(connection, default, secret) == ["sync-reference"]


@pytest.mark.parametrize("kind", ["CSISecrets", "HCPAuth", "VaultStaticSecrets"])
def test_a_kind_that_the_operator_does_not_have_is_found(kind: str) -> None:
    other = {"apiVersion": "secrets.hashicorp.com/v1beta1", "kind": kind, "metadata": {"name": "one"}}
    assert rules(other) == ["sync-kind"]
    assert rules({"apiVersion": "v1", "kind": "List", "items": [SECRET, other]}).count("sync-kind") == 1
