"""Pods with references to OpenBao in the form of Bank-Vaults' successor."""

from typing import Any

import pytest

from tests.webhook.pods.specs import CONFIG_MAP, SECRET, config_of, container, mutate, spec_of
from vaultkube.problem import messages

BAO = "bao:secret/data/app#password"
FROM_KEY = {"name": "A", "valueFrom": {"secretKeyRef": {"name": SECRET.name, "key": "a"}}}
PLACES: list[tuple[dict[str, Any], str]] = [
    ({"env": [{"name": "A", "value": BAO}]}, "variable A: "),
    ({"env": [{"name": "A", "value": f"x ${{{BAO}}}"}]}, "variable A: "),
    ({"env": [FROM_KEY]}, "key a of Secret credentials: "),
    ({"envFrom": [{"configMapRef": {"name": CONFIG_MAP.name}}]}, "key b of ConfigMap settings: "),
]
SOURCES = {SECRET: {"a": BAO.encode(), "other": BAO.encode()}, CONFIG_MAP: {"a": b"x", "b": BAO.encode()}}


@pytest.mark.parametrize(("fields", "place"), PLACES)
def test_a_pod_with_bao_in_the_place_of_vault_is_refused_with_the_remedy(
    fields: dict[str, Any], place: str
) -> None:
    """Before, it started with the text of the reference."""
    _, _, plan = mutate(spec_of(container(**fields)), config_of(provider="bao"), SOURCES)
    (message,) = messages(plan.problems)
    assert message.startswith(f"container app: {place}a reference to OpenBao begins with vault: here")
    assert "secret/data/app" not in message


@pytest.mark.parametrize(("fields", "place"), PLACES)
def test_for_vault_it_is_text(fields: dict[str, Any], place: str) -> None:
    assert not mutate(spec_of(container(**fields)), config_of(), SOURCES)[2].problems


def test_references_that_begin_with_vault_are_read_from_openbao() -> None:
    own = container(env=[{"name": "A", "value": "vault:secret/data/app#password"}])
    _, _, plan = mutate(spec_of(own), config_of(provider="bao"))
    assert plan.wrapped and not plan.problems
