"""`vault-webhook provision` on a real Vault."""

import os
import subprocess
import sys

import pytest

from tests.servers.cluster import Cluster
from tests.servers.vault import Vault, VaultRefused
from webhook.commands.provision import policy_text

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


@pytest.fixture(scope="module")
def provisioned(vault: Vault, cluster: Cluster) -> Vault:
    where = [
        f"--kubernetes-host={cluster.endpoint.address}",
        f"--kubernetes-ca-file={cluster.endpoint.ca_file}",
    ]
    done = provision(vault, "default", "shop", *where)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"mounted KV v2 at {NAME}",
        f"mounted kubernetes auth at auth/{NAME}",
        f"configured auth/{NAME} for {cluster.endpoint.address}",
        f"namespace default: role default, path {NAME}/data/default",
        f"namespace shop: role shop, path {NAME}/data/shop",
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


def test_the_policy_writes_nothing(provisioned: Vault) -> None:
    token = provisioned.new_token(f"{NAME}-shop")
    with pytest.raises(VaultRefused, match="403"):
        provisioned.request("POST", f"{NAME}/data/shop/app", {"data": {"key": "w"}}, token)


def test_a_second_run_adds_a_namespace_and_keeps_the_rest(provisioned: Vault) -> None:
    done = provision(provisioned, "third", "--service-account", "app", "--token-ttl", "10m")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"namespace third: role third, path {NAME}/data/third"]
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
def test_what_cannot_be_done_is_said_in_one_line(
    vault: Vault, variables: dict[str, str], words: list[str]
) -> None:
    done = provision(vault, "default", **variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert "s.wrong" not in done.stderr


def test_the_text_of_a_policy() -> None:
    assert policy_text("c", "ns").splitlines() == [
        'path "c/data/ns" { capabilities = ["read"] }',
        'path "c/data/ns/*" { capabilities = ["read"] }',
        'path "c/data/_shared" { capabilities = ["read"] }',
        'path "c/data/_shared/*" { capabilities = ["read"] }',
    ]
