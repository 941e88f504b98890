"""Warnings about the references of an object."""

import json
from typing import Any

import pytest

from vaultkube.objects.kinds import OBJECT_KINDS
from webhook.objects.problems import object_warnings
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
