"""`check --from vault-k8s`: the changes for a manifest of HashiCorp's injector, each at its place."""

from typing import Any

import pytest

from tests.webhook.config.hashicorp.annotated import named
from tests.webhook.offline.checks.test_checking import found
from webhook.offline.checks.rules import FROM_INJECTOR

FILES = {"agent-inject": "true", "agent-inject-secret-db": "secret/data/db"}
APP = {"name": "app", "image": "app", "command": ["/app"]}
WAIT = {"name": "wait", "image": "app", "command": ["/wait"]}
OWN = {rule.id for rule in FROM_INJECTOR}


def pod(annotations: dict[str, str], **spec: Any) -> dict[str, Any]:
    metadata = {"name": "p", "annotations": named({**FILES, **annotations})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [APP], **spec}}


def at(key: str) -> str:
    return f'metadata.annotations["vault.hashicorp.com/{key}"]'


PATCH = '[{"op": "add", "path": "/workingDir", "value": "/tmp"}]'
CHANGED = [
    (pod({}), "agent-program", "spec"),
    (pod({}), "agent-requests", "spec"),
    (pod({}), "files-read-only", "spec"),
    (pod({}), "agent-role", at("agent-inject")),
    (pod({"service": "https://v"}), "service-list", at("service")),
    (pod({"agent-json-patch": PATCH}), "agent-patch", at("agent-json-patch")),
    (pod({"agent-revoke-on-shutdown": "true"}), "revoke-pause", at("agent-revoke-on-shutdown")),
    (pod({}, initContainers=[WAIT]), "init-files", "spec.initContainers[0]"),
    (pod({}, restartPolicy="Never"), "native-agent", "spec"),
]


@pytest.mark.parametrize(("manifest", "rule", "place"), CHANGED, ids=[row[1] for row in CHANGED])
def test_each_change_from_the_injector_is_listed(manifest: Any, rule: str, place: str) -> None:
    assert (rule, place) in found(manifest, origin="vault-k8s")
    assert not {rule for rule, _ in found(manifest)} & OWN


def test_a_command_that_cannot_run_is_found_without_a_migration_too() -> None:
    command = ("agent-command", at("agent-inject-command-db"))
    assert command in found(pod({"agent-inject-command-db": "pkill x"}))
    assert found(pod({"agent-inject-command-db": "pkill x"}), origin="vault-k8s").count(command) == 1


def test_every_rule_has_an_example() -> None:
    assert {row[1] for row in CHANGED} == OWN


UNCHANGED = [
    (pod({"role": "app"}), "agent-role"),
    (pod({"auth-config-role": "app"}), "agent-role"),
    (pod({"agent-requests-cpu": "1"}), "agent-requests"),
    (pod({"agent-init-first": "true"}, initContainers=[WAIT]), "init-files"),
    (pod({"agent-inject-containers": "wait,app"}, initContainers=[WAIT]), "init-files"),
    (pod({"agent-pre-populate-only": "true"}, restartPolicy="Never"), "native-agent"),
    (pod({"agent-configmap": "c", "agent-image": "i"}), "agent-program"),
]


@pytest.mark.parametrize(("manifest", "rule"), UNCHANGED)
def test_an_unchanged_annotation_is_not_listed(manifest: Any, rule: str) -> None:
    assert rule not in {found_rule for found_rule, _ in found(manifest, origin="vault-k8s")}


@pytest.mark.parametrize(
    "annotations",
    [{"agent-inject": "false"}, {"agent-run-as-sidecar": "false"}, {"agent-inject-status": "injected"}],
)
def test_nothing_changes_for_pods_without_files_of_an_agent(annotations: dict[str, str]) -> None:
    assert not {rule for rule, _ in found(pod(annotations), origin="vault-k8s")} & OWN
