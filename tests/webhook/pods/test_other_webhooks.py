"""Pods changed by Bank-Vaults' webhook or its successor's."""

from typing import Any

import pytest

from tests.webhook.pods.specs import config_of, mutate, referring, spec_of
from vaultkube.problem import messages
from webhook.pods.paths import find_requested_paths
from webhook.pods.pod import plan_pod

COPY = ["-c", "cp /usr/local/bin/vault-env /vault/"]
PREDECESSORS = [
    {"name": "copy-vault-env", "command": ["sh", *COPY]},
    {"name": "copy-vault-env", "command": ["/bin/sh", *COPY]},
    {"name": "copy-secret-init", "command": ["sh", "-c", "cp /usr/local/bin/secret-init /vault/"]},
]


@pytest.mark.parametrize("copier", PREDECESSORS)
@pytest.mark.parametrize("launcher", ["/vault/vault-env", "/vault/secret-init", "/bao/secret-init"])
def test_a_pod_changed_by_another_webhook_is_unchanged(copier: dict[str, Any], launcher: str) -> None:
    spec = spec_of(referring(command=[launcher], args=["/app"]), initContainers=[copier])
    new, _, plan = mutate(spec)
    assert (new, messages(plan.problems), messages(plan.warnings)) == (spec, (), ())


@pytest.mark.parametrize("copier", PREDECESSORS)
def test_a_container_name_of_another_webhook_without_its_launcher_is_ignored(copier: dict[str, Any]) -> None:
    _, _, plan = mutate(spec_of(referring(), initContainers=[copier]))
    assert plan.wrapped.keys() == {("containers", 0)}


def test_a_container_that_the_successor_has_missed_gets_our_launcher() -> None:
    copier = PREDECESSORS[2]
    late = referring(name="late")
    spec = spec_of(referring(command=["/vault/secret-init"]), late, initContainers=[copier])
    new, _, plan = mutate(spec)
    assert not plan.problems
    assert [each["name"] for each in new["initContainers"]] == ["copy-vault-env", "copy-secret-init"]
    assert new["containers"][1]["command"] == ["/vault/vault-env"]


@pytest.mark.parametrize("copier", PREDECESSORS[:2])
def test_a_container_missed_by_the_predecessor_is_refused(
    copier: dict[str, Any],
) -> None:
    spec = spec_of(referring(command=["/vault/vault-env"]), referring(name="late"), initContainers=[copier])
    (problem,) = mutate(spec)[2].problems
    assert (problem.rule, problem.path) == ("refused", ("spec", "initContainers", 0))
    assert "let only one of the two see this pod" in problem.message


@pytest.mark.parametrize("copier", PREDECESSORS)
def test_paths_of_a_pod_of_another_webhook_are_checked_by_the_policy(copier: dict[str, Any]) -> None:
    own_paths = {"name": "VAULT_ENV_FROM_PATH", "value": "kv/all"}
    app = referring(command=["/vault/secret-init"])
    app["env"].append(own_paths)
    spec = spec_of(app, initContainers=[copier])
    plan = plan_pod(spec, config_of(), {})
    assert [each.path for each in find_requested_paths(spec, plan, config_of(), "")] == [
        "secret/data/app",
        "kv/all",
    ]
