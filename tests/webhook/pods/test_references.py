"""Values that are references to Vault: they give their container the launcher."""

from typing import Any

import pytest

from tests.webhook.pods.specs import (
    CIPHERTEXT,
    CONFIG_MAP,
    REFERENCE,
    SECRET,
    config_of,
    container,
    mutate,
    spec_of,
)
from vaultkube.problem import messages
from webhook.pods.facts import Source, Values, find_sources


@pytest.mark.parametrize("value", [CIPHERTEXT, f"p-${{{CIPHERTEXT}}}-s"])
def test_a_ciphertext_gives_its_container_the_launcher(value: str) -> None:
    spec = spec_of(container(env=[{"name": "P", "value": value}]))
    new, problems, plan = mutate(spec, config_of(transit_key_id="mykey"))
    app = new["containers"][0]
    assert app["command"] == ["/vault/vault-env"]
    assert {"name": "VAULT_TRANSIT_KEY_ID", "value": "mykey"} in app["env"]
    assert (problems, messages(plan.problems), plan.references()) == ((), (), 1)


def test_a_ciphertext_that_nothing_decrypts_is_a_problem() -> None:
    env = [{"name": "P", "value": CIPHERTEXT}]
    assert messages(mutate(spec_of(container(env=env)))[2].problems) == (
        "container app: variable P: found encrypted variable, but transit key ID is empty: add the annotation transit-key-id",
    )
    own = {"name": "VAULT_TRANSIT_KEY_ID", "value": "mykey"}
    assert not messages(mutate(spec_of(container(env=[own, *env])))[2].problems)


def test_a_program_that_wants_the_token_of_the_login_gets_the_launcher() -> None:
    new, _, plan = mutate(spec_of(container(env=[{"name": "VAULT_TOKEN", "value": "vault:login"}])))
    assert new["containers"][0]["command"] == ["/vault/vault-env"]
    assert not messages(plan.problems)


def test_the_token_of_the_login_in_another_variable_is_a_problem() -> None:
    plan = mutate(spec_of(container(env=[{"name": "TOKEN", "value": "vault:login"}])))[2]
    assert messages(plan.problems) == (
        "container app: variable TOKEN: vault:login is for VAULT_TOKEN only: write vault:path#key",
    )


@pytest.mark.parametrize("value", [REFERENCE, f"${{{REFERENCE}}}", CIPHERTEXT])
def test_the_token_for_vault_cannot_be_read_from_vault(value: str) -> None:
    env = [{"name": "VAULT_TOKEN", "value": value}]
    (message,) = messages(mutate(spec_of(container(env=env)), config_of(transit_key_id="k"))[2].problems)
    assert message.startswith("container app: variable VAULT_TOKEN: vault-env asks Vault with this token")
    assert "vault:login" in message


@pytest.mark.parametrize("value", [r"\vault:a/b#c", r"x \${vault:a/b#c}"])
def test_an_escaped_reference_gives_its_container_the_launcher(value: str) -> None:
    new = mutate(spec_of(container(env=[{"name": "P", "value": value}])))[0]
    assert new["containers"][0]["command"] == ["/vault/vault-env"]


def test_a_reference_that_a_later_variable_replaces_counts_for_the_guard_too() -> None:
    twice = [{"name": "P", "value": REFERENCE}, {"name": "P", "value": "x"}]
    new, _, plan = mutate(spec_of(container(env=twice)))
    assert new["containers"][0]["command"] == ["/vault/vault-env"]
    assert plan.references() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "k"}}}]},
        {"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "credentials", "key": "k"}}}]},
        {"envFrom": [{"configMapRef": {"name": "settings"}}]},
        {"envFrom": [{"secretRef": {"name": "credentials"}, "prefix": "P_"}]},
    ],
)
def test_references_behind_config_maps_and_secrets_count(fields: dict[str, Any]) -> None:
    spec = spec_of(container(**fields))
    sources: dict[Source, Values] = {source: {"k": REFERENCE.encode()} for source in (CONFIG_MAP, SECRET)}
    assert find_sources(spec) <= sources.keys()
    new, _, plan = mutate(spec, sources=sources)
    assert new["containers"][0]["command"] == ["/vault/vault-env"]
    assert plan.references() == 1
    plain: dict[Source, Values] = {source: {"k": b"text"} for source in sources}
    assert mutate(spec, sources=plain)[0] == spec


@pytest.mark.parametrize("value", [b"vault:hunter2", b"vault:a#${hunter2}", b"vault:a#k#hunter2"])
def test_the_problem_of_a_value_of_a_secret_is_without_its_text(value: bytes) -> None:
    key = {"secretKeyRef": {"name": "credentials", "key": "k"}}
    env = [{"name": "X", "valueFrom": key}, {"name": "Y", "value": "$(X)"}]
    _, _, plan = mutate(spec_of(container(env=env)), sources={SECRET: {"k": value}})
    first, second = messages(plan.problems)
    assert "hunter2" not in first + second
    assert first.startswith("container app: variable X of Secret credentials: it begins as a reference")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("vault:kv/a#${.b | foo}", 'template: function "foo" not defined (vault:kv/a#${.b | foo})'),
        ("x-${vault:kv/a}", "secret data key or template not defined: write vault:path#key (vault:kv/a)"),
        (
            "${vault:$(PATH_IN_MAP)}",
            "secret data key or template not defined: write vault:path#key (vault:kv/b)",
        ),
    ],
)
def test_a_value_with_a_dollar_is_not_secret_and_its_problem_is_shown(value: str, reason: str) -> None:
    key = {"configMapKeyRef": {"name": "settings", "key": "k"}}
    env = [{"name": "PATH_IN_MAP", "valueFrom": key}, {"name": "X", "value": value}]
    plan = mutate(spec_of(container(env=env)), sources={CONFIG_MAP: {"k": b"kv/b"}})[2]
    assert messages(plan.problems) == (f"container app: variable X: {reason}",)


@pytest.mark.parametrize("between", [[], [{"name": "BETWEEN", "value": "$(SECRET)"}]])
def test_a_value_with_one_of_a_secret_in_it_is_not_shown(between: list[dict[str, str]]) -> None:
    key = {"secretKeyRef": {"name": "credentials", "key": "k"}}
    last = {"name": "X", "value": f"vault:kv/$({'BETWEEN' if between else 'SECRET'})"}
    env = [{"name": "SECRET", "valueFrom": key}, *between, last]
    (message,) = messages(mutate(spec_of(container(env=env)), sources={SECRET: {"k": b"hidden"}})[2].problems)
    assert message == (
        "container app: variable X: it begins as a reference, but is not valid from character 16 on: write vault:path#key"
    )


def test_yaml_in_a_secret_is_text() -> None:
    yaml = b"vault:\n  token: hvs.secret # of the application\n"
    spec = spec_of(container(envFrom=[{"secretRef": {"name": "credentials"}}]))
    new, problems, plan = mutate(spec, sources={SECRET: {"application.yaml": yaml}})
    assert (new, problems, plan.problems, plan.warnings) == (spec, (), (), ())


def test_a_value_counts_as_the_kubelet_expands_it() -> None:
    env = [{"name": "MOUNT", "value": "secret"}, {"name": "X", "value": "vault:$(MOUNT)/data/app#password"}]
    _, _, plan = mutate(spec_of(container(env=env)))
    assert plan.wrapped["containers", 0].paths == (("X", "secret/data/app"),)


def test_every_malformed_reference_is_named_with_container_and_variable() -> None:
    env = [
        {"name": "A", "value": "vault:secret/data/app"},
        {"name": "B", "value": "vault:secret/data/app#k#x"},
    ]
    plan = mutate(spec_of(container(env=env)))[2]
    assert [problem.partition(": ")[0] for problem in messages(plan.problems)] == [
        "container app",
        "container app",
    ]
    assert "variable A: " in messages(plan.problems)[0]
    assert "variable B: " in messages(plan.problems)[1]
