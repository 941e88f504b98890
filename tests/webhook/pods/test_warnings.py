"""Pods that are valid, but probably a mistake."""

from typing import Any

import pytest

from tests.webhook.pods.specs import (
    CIPHERTEXT,
    CONFIG_MAP,
    REFERENCE,
    config_of,
    container,
    mutate,
    referring,
    spec_of,
)
from vaultkube.problem import messages
from webhook.config.annotation_keys import PREFIX


@pytest.mark.parametrize(
    "own",
    [
        {"command": ["/vault/vault-env"], "args": ["/bin/sh", "-c", "/vault/vault-env env > .env"]},
        {"command": ["/bin/sh", "-c", "/vault/vault-env env > .env"]},
        {"command": ["/vault/vault-env", "/vault/vault-env", "env"]},
    ],
)
def test_a_script_that_starts_the_launcher_again_is_warned(own: dict[str, Any]) -> None:
    new, _, plan = mutate(spec_of(referring(**own)))
    (warning,) = messages(plan.warnings)
    assert "start vault-env again" in warning
    assert messages(mutate(new)[2].warnings) == (warning,)


def test_the_launcher_without_a_program_is_warned() -> None:
    (warning,) = messages(mutate(spec_of(container(command=["/vault/vault-env"])))[2].warnings)
    assert "`command` is only the launcher" in warning
    assert not mutate(spec_of(container(command=["/vault/vault-env", "sh", "-c", "env"])))[2].warnings


@pytest.mark.parametrize("key", ["command", "args"])
def test_a_reference_in_the_command_is_a_warning(key: str) -> None:
    words = ["/app", "--password=$(PASSWORD)", "$$(PASSWORD)", "$(OTHER)"]
    (warning,) = messages(mutate(spec_of(referring(**{key: words})))[2].warnings)
    assert warning.startswith(
        f"container app: $(PASSWORD) in `{key}` becomes the reference, not the secret: the kubelet replaces it"
    )
    assert not mutate(spec_of(referring(**{key: ["$$(PASSWORD)"]})))[2].warnings


@pytest.mark.parametrize("key", ["command", "args"])
@pytest.mark.parametrize("word", [REFERENCE, f"--password={REFERENCE}", f"echo ${{{REFERENCE}}}", CIPHERTEXT])
@pytest.mark.parametrize("env", [[], [{"name": "PASSWORD", "value": REFERENCE}]])
def test_a_reference_written_in_the_command_is_a_warning(key: str, word: str, env: list[Any]) -> None:
    """Before, the program got its text, and nothing said so."""
    new, _, plan = mutate(spec_of(container(**{"command": ["/app"], "env": env, key: ["/app", word]})))
    (warning,) = messages(plan.warnings)
    assert warning.startswith(f"container app: `{key}` has a reference, which stays as it is")
    assert "secret/data/app" not in warning
    assert messages(mutate(new)[2].warnings) == ((warning.replace("command", "args"),) if env else (warning,))


@pytest.mark.parametrize(
    "word", ["vault:8200", "--addr=vault:8200", "${vault:-none}", "vault: x#y", "\\vault:a#b"]
)
def test_other_text_with_vault_in_the_command_is_no_warning(word: str) -> None:
    assert not mutate(spec_of(referring(args=[word])))[2].warnings


@pytest.mark.parametrize("probe", ["livenessProbe", "readinessProbe", "startupProbe"])
def test_a_reference_in_the_command_of_a_probe_is_a_warning(probe: str) -> None:
    handler = {"exec": {"command": ["check", "$(PASSWORD)"]}}
    (warning,) = messages(mutate(spec_of(referring(**{probe: handler})))[2].warnings)
    assert warning.startswith(f"container app: $(PASSWORD) in `{probe}` becomes the reference")


def test_a_variable_that_is_put_together_from_a_reference_is_a_warning() -> None:
    url = {"name": "URL", "value": "postgres://app:$(PASSWORD)@db"}
    whole, inline = {"name": "PASSWORD", "value": REFERENCE}, {"name": "PASSWORD", "value": "${vault:a/b#c}"}
    assert messages(mutate(spec_of(container(env=[whole, url])))[2].warnings) == (
        "container app: variable URL: $(PASSWORD) becomes the reference, not the secret: the kubelet replaces it before "
        "vault-env runs; write ${vault:path#key} in its place",
    )
    assert not messages(mutate(spec_of(container(env=[inline, url])))[2].warnings)


def test_a_pod_without_a_token_is_warned() -> None:
    plan = mutate(spec_of(referring(), container(name="other"), automountServiceAccountToken=False))[2]
    assert messages(plan.warnings) == (
        "automountServiceAccountToken is false: vault-env in app will find no ServiceAccount token to log in with; "
        "the annotation vault-token-audience brings one",
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"volumeMounts": [{"name": "t", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount/"}]},
        {"env": [{"name": "VAULT_TOKEN", "value": "x"}, {"name": "P", "value": REFERENCE}]},
        {"env": [{"name": "VAULT_JWT_FILE", "value": "/t"}, {"name": "P", "value": REFERENCE}]},
    ],
)
def test_a_container_that_brings_its_own_token_is_not_warned(fields: dict[str, Any]) -> None:
    spec = spec_of({**referring(), **fields}, automountServiceAccountToken=False)
    assert messages(mutate(spec)[2].warnings) == ()


def test_the_login_that_a_program_wants_the_token_of_needs_one() -> None:
    spec = spec_of(container(env=[{"name": "VAULT_TOKEN", "value": "vault:login"}]))
    assert messages(mutate({**spec, "automountServiceAccountToken": False})[2].warnings)


@pytest.mark.parametrize("value", ["vault:secret/data/app#password\n", "vault:secret/data/app\n"])
def test_an_invisible_end_is_a_warning(value: str) -> None:
    _, _, plan = mutate(spec_of(container(env=[{"name": "X", "value": value}])))
    (warning,) = messages(plan.warnings)
    assert warning.startswith("container app: variable X: the value ends in an invisible character")


@pytest.mark.parametrize("value", [f" {REFERENCE}", f'"{REFERENCE}"', f"${{{REFERENCE}", f"a:{REFERENCE}@b"])
def test_a_value_that_is_nearly_a_reference_is_a_warning(value: str) -> None:
    _, _, plan = mutate(spec_of(container(env=[{"name": "X", "value": value}])))
    (warning,) = messages(plan.warnings)
    assert warning.startswith("container app: variable X: ")
    assert "secret/data/app" not in warning
    sources = {CONFIG_MAP: {"X": value.encode()}}
    spec = spec_of(container(envFrom=[{"configMapRef": {"name": CONFIG_MAP.name}}]))
    assert "variable X of ConfigMap settings: " in messages(mutate(spec, sources=sources)[2].warnings)[0]


def test_each_warning_has_its_rule_and_leads_to_its_field() -> None:
    end = {"name": "END", "value": "vault:a#b\n"}
    url = {"name": "URL", "value": "http://$(PASSWORD)"}
    app = container(env=[{"name": "PASSWORD", "value": REFERENCE}, url, end], args=["$(PASSWORD)"])
    config = config_of(vault_env_from_path="kv/a", vault_env_from_path_exclude="sidecar")
    plan = mutate(spec_of(app, automountServiceAccountToken=False), config)[2]
    assert [(warning.rule, warning.path) for warning in plan.warnings] == [
        ("pod", ("spec",)),
        ("pod", ("metadata", "annotations", PREFIX + "vault-env-from-path-exclude")),
        ("near-miss", ("spec", "containers", 0, "env", 2, "value")),
        ("container", ("spec", "containers", 0)),
        ("container", ("spec", "containers", 0, "env", 1, "value")),
    ]


def test_a_variable_with_several_values_is_warned_about_at_its_last() -> None:
    key = {"name": "settings", "key": "k", "optional": True}
    env = [{"name": "P", "value": REFERENCE}, {"name": "P", "valueFrom": {"configMapKeyRef": key}}]
    (warning,) = mutate(spec_of(container(env=env)), sources={CONFIG_MAP: {"k": b"x"}})[2].warnings
    assert (warning.rule, warning.path) == ("container", ("spec", "containers", 0, "env", 1))
    assert warning.message.startswith("container app: variable P has several values, and one is a reference;")
    twice = [{"name": "P", "value": REFERENCE}, {"name": "P", "value": "x"}]
    assert len(mutate(spec_of(container(env=twice)))[2].warnings) == 1
    sources = [{"configMapRef": {"name": "settings"}}] * 2
    double = spec_of(container(envFrom=sources))
    (warning,) = mutate(double, sources={CONFIG_MAP: {"P": REFERENCE.encode()}})[2].warnings
    assert warning.path == ("spec", "containers", 0, "envFrom")
