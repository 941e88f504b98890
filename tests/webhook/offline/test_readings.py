"""Readings: each place of an object with a path of Vault, and the match of a wanted path."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from tests.vaultkube.kept.samples import KEY, PLACE, REFERENCES
from tests.vaultkube.sync_resources.documents import document
from vaultkube.kept.codec import sealed
from vaultkube.kept.values import ANNOTATION, KeptValue
from webhook.offline.operator_settings import read_operator
from webhook.offline.readings import find_readings, is_at

PREFIX = "vault.security.banzaicloud.io/"


def readings(content: dict[str, Any]) -> list[tuple[str, str | None]]:
    found = find_readings(content, "team", read_operator(None), {})
    return [(each.where, each.path) for each in found]


def deployment(env: dict[str, str] | None = None, **annotations: str) -> dict[str, Any]:
    container = {
        "name": "app",
        "image": "app",
        "command": ["app"],
        "env": [{"name": name, "value": value} for name, value in (env or {}).items()],
    }
    template = {"metadata": {"annotations": annotations}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"template": template},
    }


def test_references_of_variables_are_readings() -> None:
    env = {
        "A": "vault:secret/data/a#k",
        "B": "x://${vault:secret/data/b#k}@${vault:secret/data/c#k}",
        "C": "plain",
    }
    assert readings(deployment(env)) == [
        ("container app: variable A", "secret/data/a"),
        ("container app: variable B", "secret/data/b"),
        ("container app: variable B", "secret/data/c"),
    ]


def test_paths_that_bring_all_their_keys_are_readings() -> None:
    annotations = {PREFIX + "vault-env-from-path": "secret/data/a,secret/data/b"}
    assert [path for _, path in readings(deployment({}, **annotations))] == ["secret/data/a", "secret/data/b"]


def test_a_path_with_a_variable_of_the_kubelet_is_an_unknown_reading() -> None:
    assert readings(deployment({"A": "vault:secret/data/$(NAME)#k"})) == [("container app: variable A", None)]


@pytest.mark.parametrize("mode", [{}, {"vault.hashicorp.com/agent-run-as-sidecar": "false"}])
def test_templates_and_secrets_of_hashicorps_annotations_are_readings(mode: dict[str, str]) -> None:
    annotations = {
        "vault.hashicorp.com/agent-inject": "true",
        "vault.hashicorp.com/role": "r",
        "vault.hashicorp.com/agent-inject-secret-db": "secret/db",
        "vault.hashicorp.com/agent-inject-template-db": '{{ with secret "secret/data/other" }}A={{ .Data.data.a }}{{ end }}',
        **mode,
    }
    assert {path for _, path in readings(deployment({}, **annotations))} == {"secret/db", "secret/data/other"}


def test_values_of_a_secret_are_readings() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "annotations": {PREFIX + "vault-serviceaccount": "app"}},
        "data": {"k": base64.b64encode(b"vault:secret/data/a#k").decode()},
    }
    assert readings(secret) == [("key k", "secret/data/a")]


def test_objects_of_a_provider_class_are_readings() -> None:
    found = {
        "apiVersion": "secrets-store.csi.x-k8s.io/v1",
        "kind": "SecretProviderClass",
        "metadata": {"name": "c"},
        "spec": {
            "provider": "vault",
            "parameters": {"roleName": "r", "objects": "[{objectName: o, secretPath: secret/data/a}]"},
        },
    }
    assert readings(found) == [("objects[0]", "secret/data/a")]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("VaultStaticSecret", "secret/data/a/b"),
        ("VaultDynamicSecret", "aws/creds/role"),
        ("VaultPKISecret", "pki/issue/web"),
    ],
)
def test_the_path_of_a_custom_object_is_a_reading(kind: str, path: str) -> None:
    assert [found for _, found in readings(document(kind))] == [path]


def test_other_objects_read_nothing() -> None:
    assert readings(document("VaultAuth")) == []
    assert readings({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}) == []


def test_an_object_that_opts_out_reads_nothing() -> None:
    assert readings(deployment({"A": "vault:secret/data/a#k"}, **{PREFIX + "mutate": "skip"})) == []


@pytest.mark.parametrize(
    ("path", "wanted", "below", "answer"),
    [
        ("secret/data/a", "secret/data/a", False, True),
        ("secret/data/a", "/secret/data/a/", False, True),
        ("secret/a", "secret/data/a", False, True),
        ("secret/data/a", "secret/a", False, True),
        ("team/kv/data/a", "team/kv/a", False, True),
        ("secret/data/a/b", "secret/data/a", False, False),
        ("secret/data/a/b", "secret/data/a", True, True),
        ("secret/data/ab", "secret/data/a", True, False),
        ("secret/data/a", "other/data/a", False, False),
        ("data/a", "a", False, False),
    ],
)
def test_a_wanted_path_matches_with_or_without_data_and_optionally_below(
    path: str, wanted: str, below: bool, answer: bool
) -> None:
    assert is_at(path, wanted, below=below) is answer


def test_kept_references_are_readings_and_other_texts_are_not() -> None:
    values = {
        "a": KeptValue("vault:secret/data/a#k", ""),
        "b": KeptValue("${vault:x", ""),
        "c": KeptValue("vault:x", ""),
    }
    text = sealed(replace(REFERENCES, values=values), PLACE, KEY)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "annotations": {ANNOTATION: text}},
    }
    assert readings(secret) == [("kept reference of key a", "secret/data/a")]
    assert readings({**secret, "metadata": {"name": "s", "annotations": {ANNOTATION: "{"}}}) == []
