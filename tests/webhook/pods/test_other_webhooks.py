"""Pods that Bank-Vaults' webhook, or its successor's, has changed."""

from typing import Any

import pytest

from tests.webhook.pods.specs import container, mutate, referring, spec_of
from vaultkube.problem import messages

COPY = ["-c", "cp /usr/local/bin/vault-env /vault/"]
PREDECESSORS = [
    {"name": "copy-vault-env", "command": ["sh", *COPY]},
    {"name": "copy-vault-env", "command": ["/bin/sh", *COPY]},
    {"name": "copy-secret-init", "command": ["sh", "-c", "cp /usr/local/bin/secret-init /vault/"]},
]


@pytest.mark.parametrize("copier", PREDECESSORS)
@pytest.mark.parametrize("launcher", ["/vault/vault-env", "/vault/secret-init", "/bao/secret-init"])
def test_it_is_left_alone(copier: dict[str, Any], launcher: str) -> None:
    spec = spec_of(referring(command=[launcher], args=["/app"]), initContainers=[copier])
    new, _, plan = mutate(spec)
    assert (new, messages(plan.problems), messages(plan.warnings)) == (spec, (), ())


@pytest.mark.parametrize("copier", PREDECESSORS)
def test_a_container_that_it_has_missed_is_warned_about(copier: dict[str, Any]) -> None:
    late = referring(name="late")
    spec = spec_of(
        referring(command=["/vault/vault-env"]), late, container(name="x"), initContainers=[copier]
    )
    new, _, plan = mutate(spec)
    assert new == spec
    (warning,) = plan.warnings
    assert (warning.rule, warning.path) == ("pod", ("spec", "containers", 1))
    assert warning.message.startswith("container late: it holds Vault references, and Bank-Vaults' webhook")
