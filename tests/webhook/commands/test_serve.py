"""`vault-webhook serve` refuses to start with unusable settings, and names them in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from webhook.config.annotations import parse_config, read_defaults
from webhook.config.settings import read_settings
from webhook.pods.facts import Facts
from webhook.pods.launcher import Launcher
from webhook.pods.plan import Part
from webhook.pods.pod import mutate_pod_spec, plan_pod

pytestmark = pytest.mark.long


@pytest.fixture
def usable(tmp_path: Path) -> dict[str, str]:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        """
current-context: c
contexts: [{name: c, context: {cluster: c, user: c}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: c, user: {}}]
"""
    )
    return {"VAULT_ENV_IMAGE": "vault-env:1", "KUBECONFIG": str(kubeconfig)}


def serve(settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": os.environ["PATH"], **settings}
    command = [sys.executable, "-m", "webhook", "serve"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"VAULT_ENV_IMAGE": ""}, ["VAULT_ENV_IMAGE is not set", "Dockerfile"]),
        ({"VAULT_ENV_IMAGE": "ghcr.io/bank-vaults/vault-env:v1.23.0"}, ["another program"]),
        ({"VAULT_ADDR": "file:///secrets.json"}, ["VAULT_ADDR=file:///secrets.json", "https://HOST"]),
        ({"VAULT_ADDR": "vault:8200"}, ["VAULT_ADDR", "https://HOST"]),
        ({"VAULT_ADDR": "https://vault:82OO"}, ["VAULT_ADDR=https://vault:82OO", "https://HOST"]),
        ({"VAULT_ADDR": "https://[::1"}, ["VAULT_ADDR=https://[::1", "https://HOST"]),
        ({"ADMISSION_BUDGET": "soon"}, ["ADMISSION_BUDGET='soon'", "a duration such as 30s"]),
        ({"TLS_CERT_FILE": "/tls.crt"}, ["TLS_PRIVATE_KEY_FILE"]),
        ({"RUN_AS_USER": "me"}, ["RUN_AS_USER='me'", "a whole number"]),
        ({"KUBECONFIG": "/nonexistent"}, ["KUBECONFIG /nonexistent"]),
        ({"KUBECONFIG": ""}, ["no API server", "KUBECONFIG"]),
        ({"REGISTRY_TIMEOUT": "soon"}, ["REGISTRY_TIMEOUT", "a duration"]),
        (
            {"TLS_CERT_FILE": "/nonexistent", "TLS_PRIVATE_KEY_FILE": "/nonexistent"},
            ["TLS_CERT_FILE=/nonexistent"],
        ),
    ],
)
def test_an_unusable_setting_is_named(
    usable: dict[str, str], settings: dict[str, str], words: list[str]
) -> None:
    done = serve({**usable, **settings})
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("vault-webhook serve: ")
    assert all(word in done.stderr for word in words), done.stderr


def test_an_api_server_that_is_not_verified_is_not_served_for(usable: dict[str, str]) -> None:
    kubeconfig = Path(usable["KUBECONFIG"])
    kubeconfig.write_text(
        kubeconfig.read_text().replace("server:", "insecure-skip-tls-verify: true, server:")
    )
    done = serve(usable)
    assert done.returncode == 1
    assert f"KUBECONFIG {kubeconfig}: insecure-skip-tls-verify" in done.stderr
    assert "certificate-authority" in done.stderr


def test_the_operators_token_is_never_given_to_a_pod() -> None:
    environ = {"VAULT_ENV_IMAGE": "vault-env:1", "VAULT_TOKEN": "s.operator"}
    config, _ = parse_config({}, read_defaults(environ))
    env = [{"name": "P", "value": "vault:a/b#c"}]
    spec = {"containers": [{"name": "app", "command": ["/app"], "env": env}]}
    part = Part(plan_pod(spec, config, {}), Launcher(config, read_settings(environ)))
    new, _ = mutate_pod_spec(spec, [part], Facts())
    assert new != spec
    assert "s.operator" not in str(new)
    assert "VAULT_TOKEN" not in str(new)


@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["nonsense"], 2), (["--help"], 0)])
def test_without_a_command_the_commands_are_listed(arguments: list[str], status: int) -> None:
    done = subprocess.run([sys.executable, "-m", "webhook", *arguments], capture_output=True, text=True)
    assert done.returncode == status
    assert "usage: vault-webhook COMMAND" in done.stdout + done.stderr
    assert Path(__file__).stem.removeprefix("test_") in done.stdout + done.stderr
