"""`check` of pods with HashiCorp's annotations: each mistake at its line, nothing about pods that it has served."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.webhook.config.hashicorp.annotated import GATE, SECRET, named, ours
from tests.webhook.offline.checks.test_checking import SURROUNDINGS, found
from webhook.offline.checks.checking import Checker
from webhook.offline.documents import parse_documents
from webhook.offline.operator_settings import read_operator
from webhook.offline.preview import preview
from webhook.offline.reviewable import find_objects

APP = {"name": "app", "image": "app", "command": ["/app"]}
REFERRING = {**APP, "env": [{"name": "P", "value": "vault:kv/a#b"}]}


def deployment(
    annotations: dict[str, str], *containers: dict[str, Any], own: dict[str, str] | None = None
) -> dict[str, Any]:
    every = {**named(annotations), **(own or {})}
    template = {"metadata": {"annotations": every}, "spec": {"containers": list(containers) or [APP]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"template": template},
    }


def at(key: str) -> str:
    return f'spec.template.metadata.annotations["vault.hashicorp.com/{key}"]'


MISTAKES = [
    ({"agent-inject": "yes"}, "annotation-value", "agent-inject"),
    ({"agent-exec-command": "/server 'a"}, "annotation-value", "agent-exec-command"),
    ({"vault-addr": "https://v"}, "annotation-unknown", "vault-addr"),
    ({"auth-type": "kerberos"}, "annotation-refused", "auth-type"),
    ({"agent-cache-enable": "true"}, "annotation-ignored", "agent-cache-enable"),
    ({"tls-skip-verify": "true"}, "annotation-ignored", "tls-skip-verify"),
    ({"service": "https://localhost"}, "vault-address", "service"),
    ({"role": "{{ .nobody }}"}, "role", "role"),
    ({"agent-inject-template-config.env": "A={{ secrit }}"}, "template", "agent-inject-template-config.env"),
    ({"agent-inject-template-config.env": "A={{"}, "template", "agent-inject-template-config.env"),
    (
        {"agent-inject-template-config.env": '{{ with secret "kv/data/a" }}A={{ .Data.b }}{{ end }}'},
        "template-warned",
        "agent-inject-template-config.env",
    ),
    (
        {"agent-inject-secret-config.env": "database/creds/app"},
        "lease-ends",
        "agent-inject-secret-config.env",
    ),
    ({"agent-inject-containers": "aap"}, "exec-mode", "agent-inject-containers"),
    ({"agent-inject-secret-config.env": "/"}, "exec-mode", "agent-inject"),
    ({"agent-inject-status": "injected"}, "annotation-ignored", "agent-inject-status"),
]


@pytest.mark.parametrize(("annotations", "rule", "key"), MISTAKES)
def test_a_mistake_is_found_at_its_key(annotations: dict[str, str], rule: str, key: str) -> None:
    assert found(deployment({**GATE, **SECRET, **annotations})) == [(rule, at(key))]


def test_two_logins_for_one_container_are_found() -> None:
    own = ours(vault_role="own")
    assert found(deployment({**GATE, **SECRET}, REFERRING, own=own)) == [
        ("two-launchers", at("agent-inject"))
    ]


def test_an_image_that_is_not_read_is_a_note() -> None:
    image = {"name": "app", "image": "app"}
    place = "spec.template.spec.containers[0].image"
    assert found(deployment({**GATE, **SECRET}, image)) == [("entry-point-unknown", place)]
    assert found(deployment({**GATE, **SECRET, "agent-exec-command": "/app"}, image)) == []


@pytest.mark.parametrize(
    "annotations",
    [
        {"agent-inject": "false", "vault-addr": "x", "role": "{{", **SECRET},
        {"agent-inject": "true", "agent-inject-status": "injected", "vault-addr": "x"},
        {**GATE, **SECRET, "role": "api", "service": "https://any.example.com"},
    ],
)
def test_nothing_is_found_in_a_pod_that_is_served_already_or_in_a_good_one(
    annotations: dict[str, str],
) -> None:
    assert found(deployment(annotations)) == []


def test_a_key_beside_the_pod_template_is_found() -> None:
    manifest = deployment({})
    manifest["metadata"]["annotations"] = named(GATE)
    assert [rule for rule, _ in found(manifest)] == ["annotation-misplaced"] * 2


@pytest.mark.parametrize(("mode", "rule"), [("enforce", "path-refused"), ("warn", "path-warned")])
def test_a_path_of_another_namespace_is_found_by_the_operators_policy(
    tmp_path: Path, mode: str, rule: str
) -> None:
    settings = tmp_path / "settings.yaml"
    data = {"VAULT_PATH_POLICY": "kv/data/{namespace}", "VAULT_PATH_POLICY_MODE": mode}
    settings.write_text(yaml.safe_dump({"kind": "ConfigMap", "data": data}))
    checker = Checker(read_operator(str(settings)), SURROUNDINGS, "shop")
    paths = {"agent-inject-secret-a": "kv/data/shop/x", "agent-inject-secret-b": "kv/data/other"}
    (document,) = parse_documents(yaml.safe_dump(deployment({**GATE, **paths})))
    assert [(one.rule_id, one.path) for one in checker.findings(document)] == [
        (rule, at("agent-inject-secret-b"))
    ]


def test_mutate_shows_the_pod_with_its_launcher_and_its_status() -> None:
    manifest = deployment(
        {**GATE, **SECRET, "agent-exec-command": "/server"}, {"name": "app", "image": "app"}
    )
    (reviewable,) = find_objects(manifest, "shop")
    answer = preview(reviewable, read_operator(None), SURROUNDINGS)
    assert (answer.refusal, answer.warnings, answer.unknown_images) == ("", (), ())
    assert answer.content["metadata"]["annotations"]["vault.hashicorp.com/agent-inject-status"] == "injected"
    (container,) = answer.content["spec"]["containers"]
    assert [*container["command"], *container["args"]] == ["/vault/vault-env", "/server"]
