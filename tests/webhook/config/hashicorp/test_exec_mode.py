"""The gate of exec mode, its implications, and annotations without use for it."""

import pytest

from tests.webhook.config.hashicorp.annotated import (
    GATE,
    SECRET,
    exec_mode,
    named,
    ours,
    read,
    rules_and_keys,
)
from vaultkube.problem import messages
from webhook.config.hashicorp.exec_mode import gate_warnings

COMMAND = {"agent-exec-command": "/server --port 1"}


@pytest.mark.parametrize(
    "annotations",
    [
        {},
        {"agent-inject": "true"},
        {"agent-inject": "yes"},
        {"agent-inject": "true", "agent-run-as-sidecar": "true"},
        {"agent-inject": "true", "agent-run-as-sidecar": "true", **COMMAND},
        {"agent-inject": "true", "agent-run-as-sidecar": ""},
        {"agent-inject": "false", "agent-run-as-sidecar": "false"},
        {"agent-inject": "false", "agent-run-as-sidecar": "no"},
        {"agent-run-as-sidecar": "false"},
        {"agent-inject": "", **COMMAND},
    ],
)
def test_other_pods_are_not_in_exec_mode(annotations: dict[str, str]) -> None:
    assert read({**SECRET, **annotations}) is None


@pytest.mark.parametrize("text", ["false", "0", "F"])
def test_a_pod_that_runs_no_sidecar_is_in_exec_mode(text: str) -> None:
    mode = exec_mode({"agent-run-as-sidecar": text, **COMMAND, "agent-inject-containers": "app, worker"})
    assert (mode.command, mode.containers) == (("/server", "--port", "1"), ("app", "worker"))
    assert (mode.problems, mode.warnings, mode.is_injected) == ((), (), False)


def test_a_program_without_the_gate_implies_exec_mode_with_a_warning() -> None:
    mode = read({"agent-inject": "true", **SECRET, **COMMAND})
    assert mode is not None
    (warning,) = mode.warnings
    assert 'implies agent-run-as-sidecar: "false"' in warning.message


@pytest.mark.parametrize(
    ("annotations", "key"),
    [
        ({"agent-inject": "yes"}, "agent-inject"),
        ({"agent-run-as-sidecar": "no"}, "agent-run-as-sidecar"),
        ({"agent-exec-command": "/server 'a"}, "agent-exec-command"),
    ],
)
def test_a_gate_that_cannot_be_read_is_a_problem(annotations: dict[str, str], key: str) -> None:
    assert rules_and_keys(exec_mode(annotations).problems) == [("annotation-value", key)]


def test_a_malformed_program_implies_exec_mode_too() -> None:
    mode = read({"agent-inject": "true", **SECRET, "agent-exec-command": "/server 'a"})
    assert mode is not None
    assert rules_and_keys(mode.problems) == [("annotation-value", "agent-exec-command")]


@pytest.mark.parametrize(("text", "injected"), [("injected", True), ("update", False), ("", False)])
def test_only_one_word_says_that_the_pod_is_served(text: str, injected: bool) -> None:
    assert exec_mode({"agent-inject-status": text}).is_injected is injected


def test_all_problems_are_reported_at_once() -> None:
    annotations = {
        "agent-exec-command": "'",
        "agent-inject-default-template": "yaml",
        "service": "https://evil.example.com",
        "auth-type": "oci",
        "agent-configmap": "agent",
        "ca-cert": "/vault/tls/a",
    }
    assert rules_and_keys(exec_mode(annotations).problems) == [
        ("annotation-value", "agent-exec-command"),
        ("annotation-value", "agent-inject-default-template"),
        ("annotation-refused", "auth-type"),
        ("annotation-value", "ca-cert"),
        ("vault-address", "service"),
        ("annotation-refused", "agent-configmap"),
    ]


def test_annotations_for_files_have_no_effect_and_a_warning() -> None:
    annotations = {
        "agent-cache-enable": "true",
        "agent-inject-perms-config.env": "0600",
        "agent-run-as-user": "1000",
        "agent-limits-cpu": "1",
    }
    mode = exec_mode(annotations)
    assert not mode.problems
    assert {key for rule, key in rules_and_keys(mode.warnings) if rule == "annotation-ignored"} == set(
        annotations
    )
    assert "vault-env runs as the container's user" in " ".join(messages(mode.warnings))


def test_a_default_that_somebody_writes_out_is_no_warning() -> None:
    annotations = {
        "agent-pre-populate": "true",
        "agent-cache-enable": "false",
        "secret-volume-path": "/vault/secrets",
    }
    assert exec_mode(annotations).warnings == ()


def test_a_template_file_is_refused_without_the_template_itself() -> None:
    file = {"agent-inject-template-file-config.env": "/a.ctmpl"}
    assert rules_and_keys(exec_mode(file).problems) == [
        ("annotation-refused", "agent-inject-template-file-config.env")
    ]
    assert exec_mode({**file, "agent-inject-template-config.env": "{{ . }}"}).problems == ()


def test_unknown_keys_are_warned_about() -> None:
    assert rules_and_keys(exec_mode({"vault-addr": "https://v"}).warnings) == [
        ("annotation-unknown", "vault-addr")
    ]


def gate(annotations: dict[str, str]) -> tuple[str, ...]:
    return messages(gate_warnings(named(annotations)))


def test_a_pod_for_files_is_no_warning() -> None:
    assert gate({"agent-inject": "true", **SECRET}) == gate({"agent-inject": "false"}) == ()


def test_exec_mode_without_its_gate_is_a_warning() -> None:
    (message,) = gate({"agent-run-as-sidecar": "false"})
    assert message.endswith('has no effect without vault.hashicorp.com/agent-inject: "true"')
    assert gate({**GATE, "agent-inject": "false"}) == ()


@pytest.mark.parametrize(
    "key", ["agent-inject-secret-db", "agent-inject-template-db", "agent-inject-template-file-db"]
)
def test_a_secret_without_the_gate_is_a_warning(key: str) -> None:
    (message,) = gate({key: "secret/data/db", "role": "app"})
    assert (
        message
        == f'annotation vault.hashicorp.com/{key} has no effect without vault.hashicorp.com/agent-inject: "true"'
    )
    assert gate({key: " "}) == gate({"role": "app"}) == ()


def test_a_launcher_that_stays_is_annotated_or_the_operators_default_as_elsewhere() -> None:
    assert exec_mode({}, ours(vault_env_daemon="true")).config.daemon
    assert exec_mode({}, VAULT_ENV_DAEMON="true").config.daemon
    assert not exec_mode({}).config.daemon
    assert not exec_mode({}, ours(vault_env_daemon="true")).warnings
