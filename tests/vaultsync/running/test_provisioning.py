"""Labelled namespaces provisioned on the real API server and Vault, by the operator's rights and by the command."""

import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.cluster import Cluster, trust_in_vault
from tests.servers.process import Process, stopping
from tests.servers.vault import Vault, VaultRefused
from tests.vaultsync.running.operator import NAMESPACE, eventually
from vaultkube.apiserver.client import Cluster as Client
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.errors import InvalidSetting
from vaultkube.provisioning.layout import Layout
from vaultkube.provisioning.steps import Provisioning, ProvisioningFailed
from vaultkube.provisioning.watcher import LABEL, Watcher
from vaultkube.vault.client import new_client
from vaultsync.provisioning import check_settings, new_watcher
from vaultsync.settings import read_settings
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.client import Vaults
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Tokens

MOUNT = "provisioned-by-label"
POLICY = f"""
path "auth/{MOUNT}/role/*" {{
  capabilities = ["create", "update", "read", "delete"]
  allowed_parameters = {{
    "token_policies" = [["{MOUNT}-_namespaces"]]
    "*" = []
  }}
}}
path "auth/{MOUNT}/role/_provision" {{ capabilities = ["deny"] }}
"""


def _provision(vault: Vault, cluster: Cluster, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return command and environment of `vault-webhook provision` with one policy for all namespaces."""
    environ = {
        "PATH": os.environ["PATH"],
        "KUBECONFIG": str(cluster.kubeconfig),
        "VAULT_ADDR": vault.address,
        "VAULT_TOKEN": vault.token,
        "VAULT_CACERT": str(vault.ca_file),
    }
    words = [sys.executable, "-m", "webhook", "provision", "--cluster", MOUNT, "--one-policy", *arguments]
    return words, environ


@pytest.fixture(scope="module")
def layout(vault: Vault, cluster: Cluster) -> Vault:
    """Yield Vault with both mounts, the policy for all namespaces, and the operator's own role."""
    trust_in_vault(cluster, vault, MOUNT)
    words, environ = _provision(vault, cluster)
    done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    vault.policy("provisions", POLICY)
    role = {
        "bound_service_account_names": ["vault-webhook-sync"],
        "bound_service_account_namespaces": [NAMESPACE],
        "token_policies": ["provisions"],
    }
    vault.write(f"auth/{MOUNT}/role/_provision", role)
    return vault


@pytest.fixture
def watcher(layout: Vault, installed: Path) -> Iterator[Watcher]:
    """Yield the watch of a leading operator, with the rights of its manifests."""
    settings = read_settings(
        [],
        {
            "PROVISION_CLUSTER": MOUNT,
            "PROVISION_VAULT_ADDR": layout.address,
            "PROVISION_ONE_POLICY": "true",
            "VAULT_CACERT": str(layout.ca_file),
        },
    )
    connection = find_connection({"KUBECONFIG": str(installed)})
    client = Client(connection)
    sessions = Sessions(Tokens(Vaults(), client))
    watcher = new_watcher(settings, connection, NAMESPACE, sessions, Authorities(client), lambda _line: None)
    stop = threading.Event()
    threading.Thread(target=watcher.run, args=(stop,), daemon=True).start()
    yield watcher
    stop.set()


class Labelled:
    """A namespace with the label for provisioning."""

    def __init__(self, cluster: Cluster, vault: Vault, label: str | None = "true") -> None:
        self.cluster, self.vault = cluster, vault
        self.name = f"labelled-{uuid.uuid4().hex[:8]}"
        labels = {LABEL: label} if label else {}
        body = {"metadata": {"name": self.name, "labels": labels}}
        cluster.request("POST", "/api/v1/namespaces", body)

    def label(self, value: str | None) -> None:
        """Set the label, or remove it."""
        headers = {
            "Authorization": f"Bearer {self.cluster.endpoint.token}",
            "Content-Type": "application/merge-patch+json",
        }
        body = {"metadata": {"labels": {LABEL: value}}}
        path = f"/api/v1/namespaces/{self.name}"
        assert self.cluster.endpoint.request("PATCH", path, json=body, headers=headers).ok

    def has_role(self) -> bool:
        """Return whether the role exists."""
        try:
            return bool(self.vault.read(f"auth/{MOUNT}/role/{self.name}"))
        except VaultRefused as error:
            assert "404" in str(error)
            return False

    def reads(self, path: str) -> bool:
        """Return whether a pod of the namespace reads a path."""
        accounts = f"/api/v1/namespaces/{self.name}/serviceaccounts"
        self.cluster.answer("POST", accounts, {"metadata": {"name": "default"}})
        login = {"role": self.name, "jwt": self.cluster.service_account_token(self.name)}
        token = self.vault.request("POST", f"auth/{MOUNT}/login", login)["auth"]["client_token"]
        try:
            return bool(self.vault.read(f"{MOUNT}/data/{path}", token))
        except VaultRefused as error:
            assert "403" in str(error)
            return False


def test_with_one_policy_each_namespace_reads_its_own_path_and_the_shared_one(
    watcher: Watcher, cluster: Cluster, layout: Vault
) -> None:
    shops = [Labelled(cluster, layout) for _ in range(2)]
    for path in (*(shop.name for shop in shops), f"{shops[0].name}/a/b", "_shared/app"):
        layout.put_secret(f"{MOUNT}/data/{path}", key="v")
    eventually(lambda: all(shop.has_role() for shop in shops))
    first, second = shops
    assert first.reads(first.name) and first.reads(f"{first.name}/a/b") and first.reads("_shared/app")
    assert second.reads(second.name) and second.reads("_shared/app")
    assert not first.reads(second.name)
    assert not second.reads(first.name) and not second.reads(f"{first.name}/a/b")
    assert layout.read(f"auth/{MOUNT}/role/{first.name}")["token_policies"] == [f"{MOUNT}-_namespaces"]


def test_a_role_is_removed_on_request_and_not_when_the_label_vanishes(
    watcher: Watcher, cluster: Cluster, layout: Vault
) -> None:
    shop, later = Labelled(cluster, layout), Labelled(cluster, layout, label=None)
    eventually(shop.has_role)
    shop.label(None)
    later.label("true")
    eventually(later.has_role)
    assert shop.has_role()
    shop.label("remove")
    eventually(lambda: not shop.has_role())
    shop.label("true")
    eventually(shop.has_role)


def test_the_operators_own_policy_lets_it_give_no_other_policy_and_not_change_its_own_role(
    watcher: Watcher, cluster: Cluster, layout: Vault
) -> None:
    token = layout.new_token("provisions")
    body = {"bound_service_account_names": ["*"], "bound_service_account_namespaces": ["x"]}
    with pytest.raises(VaultRefused, match="403"):
        layout.request("POST", f"auth/{MOUNT}/role/x", {**body, "token_policies": ["root"]}, token)
    with pytest.raises(VaultRefused, match="403"):
        layout.request("POST", f"auth/{MOUNT}/role/_provision", body, token)


def test_a_failed_provisioning_is_counted_and_retried(layout: Vault, cluster: Cluster) -> None:
    shop = Labelled(cluster, layout)
    steps: list[Callable[[], Provisioning]] = [_refused]
    watcher = Watcher(find_connection({"KUBECONFIG": str(cluster.kubeconfig)}), lambda: steps[0]())
    assert watcher.watch_once(2, threading.Event())
    assert "sealed" in watcher.failing[shop.name]
    client = new_client(
        layout.address, ca=layout.ca_file.read_text(), token=layout.token, remaining_s=lambda: 10.0
    )
    steps[0] = lambda: Provisioning(client, Layout(MOUNT), lambda _line: None)
    assert watcher.watch_once(2, threading.Event())
    assert not watcher.failing
    assert layout.read(f"sys/policies/acl/{MOUNT}-{shop.name}")["policy"].startswith("path")


def _refused() -> Provisioning:
    raise ProvisioningFailed("Vault is sealed")


def test_the_command_provisions_by_itself_until_it_is_ended(
    layout: Vault, cluster: Cluster, tmp_path: Path
) -> None:
    words, environ = _provision(layout, cluster, "--watch")
    with stopping(Process(words, tmp_path / "log", environ)) as command:
        shop = Labelled(cluster, layout)
        eventually(shop.has_role, timeout_s=30)
        line = f"namespace {shop.name}: role {shop.name}, path {MOUNT}/data/{shop.name}"
        eventually(lambda: line in (tmp_path / "log").read_text())
    assert not command.running()


def test_a_role_is_removed_by_the_command_too(layout: Vault, cluster: Cluster) -> None:
    words, environ = _provision(layout, cluster, "by-hand")
    assert subprocess.run(words, env=environ, timeout=60, check=False).returncode == 0
    for line in ("namespace by-hand: its role is removed, its secrets stay\n", ""):
        done = subprocess.run(
            [*words, "--remove"], env=environ, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout) == (0, line)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "set PROVISION_VAULT_ADDR"),
        (
            {"PROVISION_VAULT_ADDR": "https://vault", "PROVISION_ROLE": "shop"},
            "PROVISION_ROLE must not be a name",
        ),
    ],
)
def test_settings_that_would_write_over_the_operators_role_are_refused(
    variables: dict[str, str], words: str
) -> None:
    with pytest.raises(InvalidSetting, match=words):
        check_settings(read_settings([], {"PROVISION_CLUSTER": "c", **variables}))
