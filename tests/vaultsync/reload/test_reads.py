"""Paths read by an admitted pod, and the login for each; the pods are made by the webhook's functions."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from vaultsync.reload.environment import Source
from vaultsync.reload.reads import PodLogin, reads_of, sources_of_pod
from webhook.commands.mutate import run

OURS, THEIRS = "vault.security.banzaicloud.io/", "vault.hashicorp.com/"
ADDRESS = {
    OURS + "vault-addr": "https://vault:8200",
    OURS + "vault-role": "shop",
    OURS + "vault-path": "cluster",
}
Admit = Callable[..., dict[str, Any]]


@pytest.fixture
def admit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Admit:
    """Return a function that makes the webhook's pod of a container and annotations."""

    def call(container: Mapping[str, Any], annotations: Mapping[str, str], **spec: Any) -> dict[str, Any]:
        whole = {"name": "app", "image": "shop/app:1", "command": ["/app"], **container}
        metadata = {"name": "app", "namespace": "shop", "annotations": dict(annotations)}
        document = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": {"containers": [whole], **spec},
        }
        file = tmp_path / "pod.yaml"
        file.write_text(yaml.safe_dump(document))
        assert run(["-f", str(file)]) == 0
        return dict(yaml.safe_load(capsys.readouterr().out))

    return call


def _env(**values: str) -> dict[str, Any]:
    return {"env": [{"name": name, "value": value} for name, value in values.items()]}


def _only(reads: Any) -> tuple[PodLogin, tuple[str, ...]]:
    assert not reads.problems
    ((login, paths),) = reads.paths.items()
    return login, paths


def test_references_from_path_and_login_are_those_of_the_annotations(admit: Admit) -> None:
    container = _env(
        A="vault:secret/data/a#k",
        B="x ${vault:secret/data//b#k} ${vault:secret/data/a#other}",
        PINNED="vault:secret/data/pinned#k#3",
        WRITTEN=">>vault:pki/issue/web#certificate#{}",
        PLAIN="vault:8200",
    )
    annotations = {
        **ADDRESS,
        OURS + "vault-env-from-path": "secret/data/all,secret/data/old#2;prefix=X_",
        OURS + "vault-namespace": "team",
    }
    login, paths = _only(reads_of(admit(container, annotations, serviceAccountName="shopper"), {}))
    assert paths == ("secret/data/a", "secret/data/b", "secret/data/all")
    assert login == PodLogin(
        address="https://vault:8200",
        mount="cluster",
        role="shop",
        service_account="shopper",
        vault_namespace="team",
    )
    assert login.url("secret/data/a") == "https://vault:8200/v1/team/secret/data/a"


def test_ca_and_audience_are_found_through_the_volumes(admit: Admit) -> None:
    annotations = {**ADDRESS, OURS + "vault-tls-secret": "vault-tls", OURS + "vault-token-audience": "vault"}
    login, _ = _only(reads_of(admit(_env(A="vault:secret/data/a#k"), annotations), {}))
    assert (login.ca_secret, login.ca_key, login.audience) == ("vault-tls", "ca.crt", "vault")
    assert login.service_account == "default"


def test_exec_mode_of_the_other_family_is_read_with_its_templates(admit: Admit) -> None:
    annotations = {
        OURS + "vault-addr": "https://vault:8200",
        THEIRS + "agent-inject": "true",
        THEIRS + "role": "shop",
        THEIRS + "agent-inject-secret-db": "secret/data/db?version=2",
        THEIRS
        + "agent-inject-template-db": '{{ with secret "secret/data/named" }}A={{ .Data.data.a }}{{ end }}',
        THEIRS + "agent-inject-secret-config": "secret/data/config",
    }
    for pod in (
        admit({}, annotations),
        admit({}, {**annotations, THEIRS + "agent-pre-populate-only": "true"}),
    ):
        reads = reads_of(pod, {})
        assert not reads.problems
        assert {path for paths in reads.paths.values() for path in paths} == {
            "secret/data/named",
            "secret/data/config",
        }


def test_references_behind_env_from_are_read_where_the_sources_are_given(admit: Admit) -> None:
    container = {
        **_env(A="vault:secret/data/a#k"),
        "envFrom": [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "more"}}],
    }
    pod = admit(container, ADDRESS)
    assert sources_of_pod(pod) == {Source("ConfigMap", "settings"), Source("Secret", "more")}
    sources = {Source("ConfigMap", "settings"): {"B": b"vault:secret/data/b#k"}}
    assert _only(reads_of(pod, sources))[1] == ("secret/data/b", "secret/data/a")


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ({"VAULT_AUTH_METHOD": "approle"}, "it logs in by approle"),
        ({"VAULT_TOKEN": "hvs.of-its-own"}, "it has a token of its own"),
        ({"VAULT_TOKEN_FILE": "/token"}, "it has a token of its own"),
        ({"VAULT_ADDR": "file:///secrets"}, "it reads no server"),
        ({"VAULT_SKIP_VERIFY": "perhaps"}, "its variables cannot be read"),
        ({"B": "vault:secret/data/b"}, "its variables cannot be read"),
    ],
)
def test_a_login_that_the_operator_cannot_do_is_a_problem_without_values(
    variable: dict[str, str], words: str
) -> None:
    container = {"command": ["/vault/vault-env"], **_env(A="vault:secret/data/a#k", **variable)}
    good = {"command": ["/vault/vault-env"], **_env(A="vault:secret/data/good#k")}
    pod = {"spec": {"containers": [{"name": "bad", **container}, {"name": "good", **good}]}}
    reads = reads_of(pod, {})
    assert list(reads.paths.values()) == [("secret/data/good",)]
    (problem,) = reads.problems
    assert problem.startswith("container bad: ") and words in problem
    assert "hvs" not in problem and "perhaps" not in problem


def test_vault_token_with_the_value_vault_login_is_a_login() -> None:
    container = _env(A="vault:secret/data/a#k", VAULT_TOKEN="vault:login")
    pod = {"spec": {"containers": [{"name": "app", "command": ["/vault/vault-env"], **container}]}}
    assert _only(reads_of(pod, {}))[1] == ("secret/data/a",)


def test_containers_without_the_launcher_and_its_installation_read_nothing() -> None:
    containers = [
        {"name": "copy", "command": ["/usr/local/bin/vault-env", "--install", "/vault/vault-env"]},
        {"name": "plain", "command": ["/app"], **_env(A="vault:secret/data/a#k")},
        {"name": "image", **_env(A="vault:secret/data/a#k")},
    ]
    assert reads_of({"spec": {"containers": containers}}, {}) == ({}, ())


def test_a_login_shows_no_header_and_no_certificate() -> None:
    container = _env(
        A="vault:secret/data/a#k",
        VAULT_HEADERS=json.dumps({"X-Key": "h1dden"}),
        VAULT_CACERT_BYTES="PEM",
        VAULT_SKIP_VERIFY="1",
    )
    pod = {"spec": {"containers": [{"name": "app", "command": ["/vault/vault-env"], **container}]}}
    login, _ = _only(reads_of(pod, {}))
    assert login.skip_verify and login.ca == "PEM"
    assert login.headers == (("X-Key", "h1dden"),)
    assert "h1dden" not in repr(login) and "PEM" not in repr(login)
