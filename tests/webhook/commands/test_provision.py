"""`vault-webhook provision` on a real Vault."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.servers.cluster import ISSUER, Cluster
from tests.servers.vault import Vault, VaultRefused
from webhook.commands.secret_rights import WebhookAccount, role_binding

NAME = "provisioned-cluster"


def provision(vault: Vault, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environ = {
        "PATH": os.environ["PATH"],
        "VAULT_ADDR": vault.address,
        "VAULT_TOKEN": vault.token,
        "VAULT_CACERT": str(vault.ca_file),
        **variables,
    }
    command = [sys.executable, "-m", "webhook", "provision", "--cluster", NAME, *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)


def token_reviewer(cluster: Cluster) -> str:
    """Return a token with which Vault may review other tokens."""
    account = {"kind": "ServiceAccount", "name": "default", "namespace": NAME}
    group = "rbac.authorization.k8s.io"
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": NAME},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "system:auth-delegator"},
        "subjects": [account],
    }
    cluster.create_namespace(NAME)
    cluster.apply(json.dumps(binding))
    return cluster.service_account_token(NAME)


@pytest.fixture(scope="module")
def provisioned(vault: Vault, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Vault:
    reviewer = tmp_path_factory.mktemp("provision") / "reviewer.jwt"
    reviewer.write_text(token_reviewer(cluster))
    where = [
        f"--kubernetes-host={cluster.endpoint.address}",
        f"--kubernetes-ca-file={cluster.endpoint.ca_file}",
        f"--token-reviewer-jwt-file={reviewer}",
    ]
    done = provision(vault, "default", "shop", *where)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"mounted KV v2 at {NAME}",
        f"mounted kubernetes auth at auth/{NAME}",
        f"configured auth/{NAME} for {cluster.endpoint.address}",
        f"namespace default: role default for tokens with audience {ISSUER}, path {NAME}/data/default",
        f"namespace shop: role shop for tokens with audience {ISSUER}, path {NAME}/data/shop",
    ]
    return vault


def test_a_role_is_bound_to_its_namespace(provisioned: Vault) -> None:
    role = provisioned.read(f"auth/{NAME}/role/shop")
    assert role["bound_service_account_namespaces"] == ["shop"]
    assert role["bound_service_account_names"] == ["*"]
    assert role["token_policies"] == [f"{NAME}-shop"]


@pytest.mark.parametrize(
    ("path", "readable"),
    [
        ("shop", True),
        ("shop/app", True),
        ("shop/a/b", True),
        ("_shared", True),
        ("_shared/app", True),
        ("default", False),
        ("shop-b", False),
        ("shopping/app", False),
        ("_shared-not", False),
    ],
)
def test_the_policy_opens_the_own_and_the_shared_path(provisioned: Vault, path: str, readable: bool) -> None:
    provisioned.put_secret(f"{NAME}/data/{path}", key="v")
    token = provisioned.new_token(f"{NAME}-shop")
    try:
        assert provisioned.read(f"{NAME}/data/{path}", token)["data"] == {"key": "v"}
        assert readable
    except VaultRefused as refusal:
        assert "403" in str(refusal)
        assert not readable


@pytest.fixture(scope="module")
def default_role(provisioned: Vault) -> str:
    """Provision a namespace of the cluster without --audience, and return its role."""
    assert provision(provisioned, NAME).returncode == 0
    return NAME


def log_in(vault: Vault, role: str, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = vault.request("POST", f"auth/{NAME}/login", {"role": role, "jwt": token})
    return answer


def test_the_token_of_the_service_account_logs_in(
    provisioned: Vault, cluster: Cluster, default_role: str
) -> None:
    answer = log_in(provisioned, default_role, cluster.service_account_token(NAME))
    assert f"{NAME}-{NAME}" in answer["auth"]["token_policies"]


@pytest.mark.parametrize("audience", ["https://evil.example", "vault", "https://kubernetes.default.svc"])
def test_a_token_for_another_audience_is_refused(
    provisioned: Vault, cluster: Cluster, default_role: str, audience: str
) -> None:
    token = cluster.service_account_token(NAME, "default", audience)
    with pytest.raises(VaultRefused, match="audience"):
        log_in(provisioned, default_role, token)


def test_a_role_with_an_audience_accepts_only_tokens_for_it(provisioned: Vault, cluster: Cluster) -> None:
    cluster.create_namespace("own-audience")
    assert provision(provisioned, "own-audience", "--audience", "vault").returncode == 0
    log_in(provisioned, "own-audience", cluster.service_account_token("own-audience", "default", "vault"))
    with pytest.raises(VaultRefused, match="audience"):
        log_in(provisioned, "own-audience", cluster.service_account_token("own-audience"))


@pytest.mark.parametrize(
    "name", ["*", "+", "a/b", "..", "_shared", "A", "{{identity.entity.name}}", 'a" {', ""]
)
def test_a_name_that_would_open_other_paths_is_refused(vault: Vault, name: str) -> None:
    done = provision(vault, name)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not a namespace" in done.stderr


@pytest.mark.parametrize("name", ["*", "a/+/b", "a/../b", "..", "/a", "a/", 'a" {', "{{x}}", "", "a\nb"])
def test_a_cluster_that_would_open_other_paths_is_refused(vault: Vault, name: str) -> None:
    done = provision(vault, "shop", f"--cluster={name}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not a path of letters" in done.stderr


def test_the_policy_writes_nothing(provisioned: Vault) -> None:
    token = provisioned.new_token(f"{NAME}-shop")
    with pytest.raises(VaultRefused, match="403"):
        provisioned.request("POST", f"{NAME}/data/shop/app", {"data": {"key": "w"}}, token)


def test_a_second_run_adds_a_namespace_and_keeps_the_rest(provisioned: Vault) -> None:
    done = provision(provisioned, "third", "--service-account", "app", "--token-ttl", "10m")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith("namespace third: role third")
    role = provisioned.read(f"auth/{NAME}/role/third")
    assert (role["bound_service_account_names"], role["token_ttl"]) == (["app"], 600)
    assert provisioned.read(f"auth/{NAME}/config")["kubernetes_host"]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"VAULT_TOKEN": ""}, ["set VAULT_ADDR and VAULT_TOKEN"]),
        ({"VAULT_TOKEN": "s.wrong"}, ["cannot list secret mounts", "Forbidden", "VAULT_TOKEN"]),
        ({"VAULT_CACERT": ""}, ["cannot list secret mounts", "VAULT_CACERT"]),
    ],
)
def test_a_failure_is_one_line_with_its_cause(
    vault: Vault, variables: dict[str, str], words: list[str]
) -> None:
    done = provision(vault, "default", **variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert "s.wrong" not in done.stderr


def test_the_webhook_may_read_the_secrets_of_the_namespaces(provisioned: Vault, cluster: Cluster) -> None:
    namespace = "bound-by-provision"
    cluster.create_namespace(namespace)
    bind = ("--bind-secrets", "hooks/vault-webhook")
    where = {"KUBECONFIG": str(cluster.kubeconfig)}
    for _ in range(2):
        done = provision(provisioned, namespace, *bind, **where)
        assert done.returncode == 0, done.stderr
        last = done.stdout.splitlines()[-1]
        assert last == f"namespace {namespace}: the webhook hooks/vault-webhook may read its secrets"
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/vault-webhook-secrets"
    found = cluster.request("GET", path)
    assert found["roleRef"]["name"] == "vault-webhook-secrets"
    assert found["subjects"] == [{"kind": "ServiceAccount", "name": "vault-webhook", "namespace": "hooks"}]

    for others in (["other/vault-webhook"], ["hooks/vault-webhook", "--webhook-account=mine"]):
        other = provision(provisioned, namespace, "--bind-secrets", *others, **where)
        assert other.returncode == 1
        assert "binds somebody else" in other.stderr


def test_a_file_that_is_not_there_is_named_once() -> None:
    done = without_vault("--kubernetes-host=https://api", "--kubernetes-ca-file=none.crt")
    assert done.returncode == 1
    assert done.stderr == "vault-webhook provision: none.crt cannot be read: No such file or directory\n"


def test_the_service_account_of_the_webhook_may_have_another_name() -> None:
    binding = role_binding(WebhookAccount("hooks", "vault-webhook", "mine"), "shop")
    assert binding["roleRef"]["name"] == binding["metadata"]["name"] == "vault-webhook-secrets"
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "mine", "namespace": "hooks"}]


def test_a_namespace_that_is_not_there_gets_no_rights(provisioned: Vault, cluster: Cluster) -> None:
    done = provision(
        provisioned, "nowhere", "--bind-secrets", "hooks/vault-webhook", KUBECONFIG=str(cluster.kubeconfig)
    )
    assert done.returncode == 1
    assert "there is no namespace nowhere" in done.stderr


@pytest.mark.parametrize("account", ["vault-webhook", "a/b/c", "A/b", ""])
def test_a_webhook_is_named_with_its_namespace(account: str) -> None:
    environ = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "webhook", "provision", "--cluster=c", "n", f"--bind-secrets={account}"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--bind-secrets" in done.stderr


def without_vault(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environ = {
        "PATH": os.environ["PATH"],
        "VAULT_ADDR": "http://127.0.0.1:1",
        "VAULT_TOKEN": "t",
        **variables,
    }
    command = [sys.executable, "-m", "webhook", "provision", "--cluster=c", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--remove"], "name the namespaces"),
        (["--bind-secrets=a/b"], "name the namespaces"),
        (["shop", "--webhook-account=a"], "with --bind-secrets"),
        (["shop", "--bind-secrets=a/b", "--webhook-account=A"], "is not the name of a ServiceAccount"),
        (["--kubernetes-ca-file=ca.crt"], "with --kubernetes-host"),
        (["shop", "--token-reviewer-jwt-file=jwt"], "with --kubernetes-host"),
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(arguments: list[str], said: str) -> None:
    done = without_vault(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("text", ["soon", "1 h", "-1h", "", "1w"])
def test_a_life_that_is_no_duration_is_refused(text: str) -> None:
    done = without_vault("shop", f"--token-ttl={text}")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"argument --token-ttl: {text!r} is not a duration" in done.stderr


@pytest.mark.parametrize("content", [b"\xff", b"text", b""])
def test_a_ca_that_is_no_certificate_is_named(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_bytes(content)
    done = without_vault("shop", VAULT_CACERT=str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert str(file) in done.stderr
