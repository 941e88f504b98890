"""The paths that a pod requests, as expanded by the kubelet and read by the launcher."""

from typing import Any

import pytest

from tests.webhook.pods.specs import CONFIG_MAP, OPERATOR, config_of, container, spec_of
from vaultkube.policy.paths import RequestedPath
from webhook.config.annotations import Config, parse_config, read_defaults
from webhook.pods.facts import Source, Values
from webhook.pods.paths import find_requested_paths
from webhook.pods.pod import plan_pod

OWN = {"name": "OWN", "value": "vault:kv/own#k"}
OWN_FIELD = ("spec", "containers", 0, "env", 0, "value")


def requested(
    *env: dict[str, Any],
    config: Config | None = None,
    sources: dict[Source, Values] | None = None,
    **fields: Any,
) -> list[tuple[str, str | None, str]]:
    """Return the paths that a container with a reference to kv/own and these variables requests beside it."""
    spec, config = spec_of(container(env=[OWN, *env], **fields)), config or config_of()
    return [
        (each.where.removeprefix("container app: "), each.path, each.vault_namespace)
        for each in find_requested_paths(spec, plan_pod(spec, config, sources or {}), config, "")
        if each != RequestedPath(OWN_FIELD, "container app: variable OWN", "kv/own")
    ]


def test_the_path_of_a_reference_is_normalised() -> None:
    env = {"name": "X", "value": "a ${vault:kv//a/./x/../b#k} ${>>vault:kv/c#k}"}
    assert requested(env) == [("variable X", "kv/a/b", ""), ("variable X", "kv/c", "")]


def test_variables_in_a_path_are_expanded_as_by_the_kubelet() -> None:
    env = [{"name": "TEAM", "value": "other"}, {"name": "X", "value": "vault:kv/$(TEAM)#k"}]
    assert requested(*env) == [("variable X", "kv/other", "")]


@pytest.mark.parametrize(
    "value",
    ["vault:kv/$(HOST_IP)#k", "vault:$(KUBERNETES_PORT)", "$(NODE):kv/other#k", "${vault:kv/$(HOST_IP)#k}"],
)
def test_a_path_with_a_variable_of_the_kubelet_is_unknown(value: str) -> None:
    field = {"name": "HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}
    assert requested(field, {"name": "X", "value": value}) == [("variable X", None, "")]


def test_an_annotation_can_change_until_the_container_starts() -> None:
    field = {"fieldRef": {"fieldPath": "metadata.annotations['x']"}}
    assert requested({"name": "X", "valueFrom": field}) == [("variable X", None, "")]


@pytest.mark.parametrize("value", ["$(HOST_IP):6379", "http://$(HOST_IP)/#", "plain", "$(HOST_IP)"])
def test_text_that_cannot_become_a_reference_requests_no_path(value: str) -> None:
    field = {"name": "HOST_IP", "value": "10.0.0.1"}
    assert requested(field, {"name": "X", "value": value}) == []


def test_paths_of_values_in_a_config_map_are_requested() -> None:
    sources: dict[Source, Values] = {CONFIG_MAP: {"X": b"vault:kv/other#k"}}
    found = requested(envFrom=[{"configMapRef": {"name": "settings"}}], sources=sources)
    assert found == [("variable X", "kv/other", "")]


def test_paths_of_the_annotation_are_requested() -> None:
    config = config_of(vault_env_from_path="kv/a#2, kv/x/../b")
    where = "annotation vault-env-from-path"
    assert requested(config=config) == [(where, "kv/a", ""), (where, "kv/b", "")]


def test_paths_of_the_containers_own_variable_are_requested() -> None:
    own = {"name": "VAULT_ENV_FROM_PATH", "value": "kv/other"}
    assert requested(own) == [("variable VAULT_ENV_FROM_PATH", "kv/other", "")]
    replaced = requested(own, config=config_of(vault_env_from_path="kv/a"))
    assert replaced == [("annotation vault-env-from-path", "kv/a", "")]
    unknown = {"name": "VAULT_ENV_FROM_PATH", "value": "kv/$(HOST_IP)"}
    assert requested(unknown) == [("variable VAULT_ENV_FROM_PATH", None, "")]


@pytest.mark.parametrize(
    ("annotations", "own", "expected"),
    [
        ({"vault_namespace": "a"}, [], "a"),
        ({}, [{"name": "VAULT_NAMESPACE", "value": "b"}], "b"),
        ({"vault_namespace": "a"}, [{"name": "VAULT_NAMESPACE", "value": "b"}], "a"),
    ],
)
def test_vaults_namespace_is_that_of_the_launcher(
    annotations: dict[str, str], own: list[dict[str, str]], expected: str
) -> None:
    spec, config = spec_of(container(env=[OWN, *own])), config_of(**annotations)
    found = list(find_requested_paths(spec, plan_pod(spec, config, {}), config, ""))
    assert found == [RequestedPath(OWN_FIELD, "container app: variable OWN", "kv/own", expected)]


def test_an_unknown_namespace_makes_every_path_unknown() -> None:
    own = {"name": "VAULT_NAMESPACE", "value": "$(HOST_IP)"}
    spec = spec_of(container(env=[OWN, own]))
    found = list(find_requested_paths(spec, plan_pod(spec, config_of(), {}), config_of(), ""))
    assert found == [RequestedPath(OWN_FIELD, "container app: variable OWN", None)]


CIPHERTEXT = {"name": "X", "value": "vault:v1:aGVsbG8="}


@pytest.mark.parametrize(
    ("config", "own", "path"),
    [
        (config_of(transit_key_id="shop"), [], "transit/decrypt/shop"),
        (config_of(transit_key_id="shop", transit_path="crypt"), [], "crypt/decrypt/shop"),
        (config_of(), [{"name": "VAULT_TRANSIT_KEY_ID", "value": "own"}], "transit/decrypt/own"),
        (
            config_of(transit_key_id="shop"),
            [{"name": "VAULT_TRANSIT_PATH", "value": "kv/other"}],
            "kv/other/decrypt/shop",
        ),
        (
            config_of(),
            [{"name": "VAULT_TRANSIT_KEY_ID", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
            None,
        ),
    ],
)
def test_a_ciphertext_requests_the_path_that_decrypts_it(
    config: Config, own: list[dict[str, Any]], path: str | None
) -> None:
    assert requested(*own, CIPHERTEXT, config=config) == [("variable X", path, "")]


def test_the_path_of_the_operators_own_transit_key_is_not_requested() -> None:
    operators, _ = parse_config({}, read_defaults({**OPERATOR, "TRANSIT_KEY_ID": "all"}))
    assert requested(CIPHERTEXT, config=operators) == []


OPTIONAL = {"name": "X", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "k", "optional": True}}}
OTHER = Source("ConfigMap", "other")
FROM_OTHER = [{"configMapRef": {"name": "other"}}]


@pytest.mark.parametrize("present", [{}, {CONFIG_MAP: {}}, {CONFIG_MAP: {"k": b"text"}}])
def test_a_path_that_an_optional_key_may_uncover_is_requested(present: dict[Source, Values]) -> None:
    sources = {OTHER: {"X": b"vault:kv/other#k"}, **present}
    assert requested(OPTIONAL, envFrom=FROM_OTHER, sources=sources) == [("variable X", "kv/other", "")]
    before = {"name": "X", "value": "vault:kv/before#k"}
    assert requested(before, OPTIONAL, sources=present) == [("variable X", "kv/before", "")]


def test_a_path_replaced_by_a_later_value_is_not_requested() -> None:
    before = {"name": "X", "value": "vault:kv/before#k"}
    assert requested(before, {"name": "X", "value": "plain"}) == []
    assert requested(before, OPTIONAL, {"name": "X", "value": "plain"}) == []


def test_a_ciphertext_that_an_optional_key_may_uncover_is_requested() -> None:
    found = requested(CIPHERTEXT, OPTIONAL, config=config_of(transit_key_id="shop"))
    assert found == [("variable X", "transit/decrypt/shop", "")]


def test_paths_of_an_optional_setting_of_the_launcher_are_unknown() -> None:
    name = "VAULT_ENV_FROM_PATH"
    optional = {**OPTIONAL, "name": name}
    unknown = [(f"variable {name}", None, "")]
    assert requested(optional) == unknown
    assert requested({"name": name, "value": "kv/mine"}, optional) == unknown


def test_a_value_from_a_file_of_the_pod_is_unknown() -> None:
    file = {"fileKeyRef": {"volumeName": "v", "path": "f", "key": "X"}}
    assert requested({"name": "X", "valueFrom": file}) == [("variable X", None, "")]
