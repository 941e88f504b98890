"""Paths that bring all their keys, and their containers."""

import pytest

from tests.webhook.pods.specs import config_of, container, mutate, referring, spec_of
from vaultkube.problem import messages


def test_from_path_gives_every_container_the_launcher() -> None:
    spec = spec_of(container(), initContainers=[container(name="first")])
    new, _, _ = mutate(spec, config_of(vault_env_from_path="secret/data/app"))
    wrapped = [new["containers"][0], new["initContainers"][1]]
    assert all(each["command"] == ["/vault/vault-env"] for each in wrapped)
    assert all({"name": "VAULT_ENV_FROM_PATH", "value": "secret/data/app"} in each["env"] for each in wrapped)


@pytest.mark.parametrize(
    ("annotations", "takers"),
    [
        ({"vault_env_from_path_include": "b"}, {"b"}),
        ({"vault_env_from_path_exclude": "b"}, {"a", "c"}),
        ({"vault_env_from_path_include": "a,b", "vault_env_from_path_exclude": "b"}, {"a"}),
    ],
)
def test_from_path_is_for_the_containers_that_are_named(
    annotations: dict[str, str], takers: set[str]
) -> None:
    spec = spec_of(container(name="a"), container(name="b"), initContainers=[container(name="c")])
    new, _, plan = mutate(spec, config_of(vault_env_from_path="secret/data/app", **annotations))
    wrapped = {each["name"] for each in new["containers"] + new["initContainers"] if "volumeMounts" in each}
    assert wrapped - {"copy-vault-env"} == takers
    assert not messages(plan.warnings)


@pytest.mark.parametrize(
    ("named", "key"),
    [
        ({"vault_env_from_path_include": "ap"}, "vault-env-from-path-include"),
        ({"vault_env_from_path": "secret/data/app;containers=ap"}, "vault-env-from-path"),
    ],
)
def test_paths_for_a_misspelt_container_are_a_warning_though_no_other_one_gets_the_launcher(
    named: dict[str, str], key: str
) -> None:
    new, _, plan = mutate(
        spec_of(container()), config_of(**{"vault_env_from_path": "secret/data/app", **named})
    )
    assert new == spec_of(container())
    assert messages(plan.warnings) == (f"annotation {key}: the pod has no container ap",)


def test_paths_in_a_variable_of_a_container_without_the_launcher_are_a_warning() -> None:
    own = {"name": "VAULT_ENV_FROM_PATH", "value": "secret/data/app"}
    new, _, plan = mutate(spec_of(container(env=[own])))
    assert new == spec_of(container(env=[own]))
    (warning,) = plan.warnings
    assert warning.path == ("spec", "containers", 0, "env", 0, "value")
    assert warning.message.endswith("write its paths into the annotation vault-env-from-path")
    reading = container(env=[own, {"name": "KEY", "value": "vault:secret/data/app#key"}])
    assert not mutate(spec_of(reading))[2].warnings


def test_a_container_without_from_path_still_gets_its_own_references() -> None:
    config = config_of(vault_env_from_path="secret/data/app", vault_env_from_path_exclude="app")
    app = mutate(spec_of(referring(), container(name="other")), config)[0]["containers"][0]
    assert app["command"] == ["/vault/vault-env"]
    assert "VAULT_ENV_FROM_PATH" not in {entry["name"] for entry in app["env"]}


def test_a_path_can_name_its_containers_itself() -> None:
    config = config_of(
        vault_env_from_path="kv/a;containers=a|c, kv/b#2, kv/c;only=k;containers=c",
        vault_env_from_path_include="b",
    )
    spec = spec_of(container(name="a"), container(name="b"), container(name="c"), container(name="d"))
    new, _, plan = mutate(spec, config)
    variables = {
        each["name"]: entry["value"]
        for each in new["containers"]
        for entry in each.get("env", ())
        if entry["name"] == "VAULT_ENV_FROM_PATH"
    }
    assert variables == {
        "a": "kv/a;containers=a|c",
        "b": " kv/b#2",
        "c": "kv/a;containers=a|c, kv/c;only=k;containers=c",
    }
    assert not messages(plan.warnings)
    assert mutate(new, config)[0] == new


def test_a_path_for_containers_that_are_not_there_is_a_warning() -> None:
    config = config_of(vault_env_from_path="kv/a;containers=other")
    warnings = messages(mutate(spec_of(referring()), config)[2].warnings)
    assert warnings == ("annotation vault-env-from-path: the pod has no container other",)


def test_a_name_that_no_container_has_is_a_warning() -> None:
    config = config_of(vault_env_from_path="secret/data/app", vault_env_from_path_exclude="sidecar")
    warnings = messages(mutate(spec_of(container()), config)[2].warnings)
    assert warnings == ("annotation vault-env-from-path-exclude: the pod has no container sidecar",)


def test_a_list_without_a_path_is_none() -> None:
    assert mutate(spec_of(container()), config_of(vault_env_from_path=" , "))[0] == spec_of(container())


def test_a_path_is_written_without_the_word_vault() -> None:
    plan = mutate(spec_of(container()), config_of(vault_env_from_path="kv/a,vault:secret/data/app"))[2]
    assert messages(plan.problems) == (
        "annotation vault-env-from-path: write only the path, without vault: in front",
    )


def test_a_malformed_path_is_a_problem_of_the_annotation() -> None:
    _, _, plan = mutate(spec_of(container()), config_of(vault_env_from_path="secret/data/app#latest"))
    assert messages(plan.problems)[0].startswith("annotation vault-env-from-path: ")


def test_dollars_of_annotations_reach_the_launcher_as_they_are() -> None:
    config = config_of(vault_env_from_path="secret/data/$(HOME)")
    env = mutate(spec_of(container()), config)[0]["containers"][0]["env"]
    assert {"name": "VAULT_ENV_FROM_PATH", "value": "secret/data/$$(HOME)"} in env
