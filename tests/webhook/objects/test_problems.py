"""Warnings about the references of an object."""

import json
from typing import Any

import pytest

from vaultkube.objects.kinds import OBJECT_KINDS
from webhook.config.annotations import parse_config, read_defaults
from webhook.objects.problems import object_problems, object_warnings, openbao_problems
from webhook.objects.references import references_in


def warnings(content: dict[str, Any]) -> list[tuple[str, str]]:
    references = references_in(OBJECT_KINDS["secrets"], content)
    return [(problem.rule, problem.message) for problem in object_warnings(content, references)]


def secret(auth: str) -> dict[str, Any]:
    """Return a Secret for pulling with this `auth`."""
    config = json.dumps({"auths": {"quay.io": {"auth": auth}}})
    return {"apiVersion": "v1", "kind": "Secret", "stringData": {".dockerconfigjson": config}}


@pytest.mark.parametrize(
    "auth", ["vault:kv/pull#auth", "${vault:kv/pull#auth}", "vault:kv/pull#u:vault:kv/pull#p"]
)
def test_a_reference_in_place_of_base64_is_a_warning_without_its_text(auth: str) -> None:
    ((rule, message),) = warnings(secret(auth))
    assert rule == "docker-auth"
    assert message.startswith("key .dockerconfigjson quay.io auth: the reference stays as it is")
    assert "kv/pull" not in message


@pytest.mark.parametrize("auth", ["", "dTpw", "vault:8200", "no base64"])
def test_another_auth_is_no_warning(auth: str) -> None:
    assert warnings(secret(auth)) == []


def test_an_object_of_another_kind_is_not_read_as_a_secret() -> None:
    content: Any = {"apiVersion": "example.com/v1", "kind": "Secret", "data": ["a"]}
    references = references_in(OBJECT_KINDS["objects"], content)
    assert list(object_warnings(content, references)) == []


def problems(annotations: dict[str, str], namespace: str) -> list[tuple[str, str]]:
    content: Any = {
        "apiVersion": "example.com/v1",
        "kind": "Issuer",
        "metadata": {"annotations": annotations},
        "spec": {"key": "vault:secret/data/aws#key"},
    }
    config, _ = parse_config(annotations, read_defaults({}))
    found = object_problems(content, references_in(OBJECT_KINDS["objects"], content), config, namespace)
    return [(problem.rule, problem.message) for problem in found]


ACCOUNT = {"vault.security.banzaicloud.io/vault-serviceaccount": "reader"}


def test_references_without_an_identity_can_be_resolved_or_left_for_pods() -> None:
    ((rule, message),) = problems({}, "shop")
    assert rule == "identity"
    assert "vault.security.banzaicloud.io/vault-serviceaccount" in message
    assert "vault.security.banzaicloud.io/mutate: skip" in message
    assert problems(ACCOUNT, "shop") == []


@pytest.mark.parametrize("annotations", [{}, ACCOUNT])
def test_an_object_without_a_namespace_is_told_that_no_annotation_helps(annotations: dict[str, str]) -> None:
    """Before, it was told to name a ServiceAccount of its namespace, and that one was then not found."""
    ((rule, message),) = problems(annotations, "")
    assert rule == "identity"
    assert "no namespace" in message
    assert "vault-serviceaccount" not in message


BAO = "bao:secret/data/app#password"
WITH_BAO: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("secrets", {"stringData": {"a": BAO, "b": "x"}}, ("stringData", "a")),
    ("configmaps", {"data": {"a": f"x: ${{{BAO}}}"}}, ("data", "a")),
    ("objects", {"spec": {"a": BAO}}, ("spec", "a")),
]


@pytest.mark.parametrize(("resource", "content", "path"), WITH_BAO)
def test_bao_in_the_place_of_vault_is_a_problem_for_that_provider(
    resource: str, content: Any, path: tuple[str, ...]
) -> None:
    """Before, the object was stored with the text of the reference."""
    key = "secrets-webhook.security.bank-vaults.io/provider"
    config, _ = parse_config({key: "bao"}, read_defaults({}))
    (problem,) = openbao_problems(resource, content, config)
    assert (problem.rule, problem.path) == ("reference", path)
    assert "begins with vault: here" in problem.message
    assert "secret/data" not in problem.message
    assert not list(openbao_problems(resource, content, parse_config({}, read_defaults({}))[0]))
    of_operator, _ = parse_config({}, read_defaults({"PROVIDER": "bao"}))
    assert list(openbao_problems(resource, content, of_operator)) == [problem]
