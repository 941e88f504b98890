"""The operator beside the real controllers: a Deployment rolled after a change in Vault, and a namespace deleted with all its objects."""

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.node import Node
from tests.cluster.pods import Pods, eventually
from tests.cluster.product import CLUSTER_NAME, ROOT, SECRET, Product
from tests.cluster.test_containers import container, one
from tests.cluster.test_workloads import LINE, workload
from tests.servers.vault import VaultRefused
from tests.vaultsync.running.leases import DYNAMIC, RULES, add_dynamic, leases, rabbitmq
from tests.vaultsync.running.operator import Tenant

NAMESPACE = "vault-webhook-sync"
RELOAD = "secrets-reloader.security.bank-vaults.io/reload-on-secret-change"


@pytest.fixture(scope="module")
def operator(
    product: Product, session_node: Node, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Yield the operator, installed from its manifests, which checks workloads every five seconds."""
    folder = tmp_path_factory.mktemp("operator")
    name, _, tag = product.image.rpartition(":")
    env = [{"name": "RELOAD_INTERVAL", "value": "5s"}]
    spec = {"template": {"spec": {"containers": [{"name": "sync", "env": env}]}}}
    patch = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAMESPACE, "namespace": NAMESPACE},
        "spec": {"replicas": 1, **spec},
    }
    overlay = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "components": [os.path.relpath(ROOT / "manifests" / "sync", folder)],
        "images": [{"name": "vault-webhook", "newName": name, "newTag": tag}],
        "patches": [{"patch": json.dumps(patch)}],
    }
    (folder / "kustomization.yaml").write_text(json.dumps(overlay))
    kubectl = session_node.kubectl
    try:
        with session_node.network():
            kubectl("apply", "-k", str(folder))
            kubectl("rollout", "status", f"deployment/{NAMESPACE}", "-n", NAMESPACE, "--timeout=60s")
        yield
    finally:
        with session_node.network():
            kubectl("delete", "-k", str(folder), "--wait=false")


def test_a_deployment_gets_the_new_secret_by_one_rollout(
    operator: None, team: Pods, node: Node, shell_image: str
) -> None:
    manifest = workload(team, "Deployment", one(container(team, shell_image, "sh", "-c", LINE)))
    manifest["metadata"]["annotations"] = {RELOAD: "true"}
    team.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    team.kubectl("rollout", "status", "deployment/app", "--timeout=60s")
    assert _outputs(team) == [f"{SECRET}\n"]
    seen = "security.banzaicloud.io/seen-versions"
    eventually(lambda: seen in _found(team)["metadata"]["annotations"])

    node.vault.put_secret(f"{CLUSTER_NAME}/data/{team.namespace}", test="changed")

    eventually(lambda: _outputs(team) == ["changed\n"], lambda: team.kubectl("get", "events"))
    assert _found(team)["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"


def _found(team: Pods) -> Any:
    return json.loads(team.kubectl("get", "deployment", "app", "-o", "json"))


def _outputs(team: Pods) -> list[str]:
    """Return the output of each pod that is not ending."""
    pods = json.loads(team.kubectl("get", "pods", "-l", "app=app", "-o", "json"))["items"]
    living = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
    ready = [pod for pod in living if pod["status"]["phase"] == "Running"]
    return [team.output(pod["metadata"]["name"]) for pod in ready]


@pytest.fixture
def leasing(operator: None, node: Node) -> Iterator[Tenant]:
    """A tenant that logs in by AppRole, with a role of its own of a rabbitmq engine."""
    with contextlib.suppress(VaultRefused):  # it is there
        node.vault.write("sys/auth/approle", {"type": "approle"})
    with rabbitmq(node.vault, "rabbitmq-sync"):
        tenant = Tenant(node.cluster, node.vault, RULES)
        node.vault.write(f"rabbitmq-sync/roles/{tenant.namespace}", {"vhosts": '{"/": {"read": ".*"}}'})
        yield tenant


def test_a_namespace_can_be_deleted_and_its_leases_are_revoked(leasing: Tenant, node: Node) -> None:
    """Objects are deleted in any order: those of the login may be deleted before those with leases."""
    add_dynamic(leasing, revoke=True)
    eventually(lambda: leasing.condition(DYNAMIC, "credentials").get("status") == "True")
    assert len(leases(leasing)) == 1
    node.kubectl("delete", "namespace", leasing.namespace, "--wait=false")

    def is_gone() -> bool:
        return bool(node.kubectl.run("get", "namespace", leasing.namespace).returncode)

    eventually(
        is_gone, lambda: node.kubectl("get", "namespace", leasing.namespace, "-o", "yaml"), timeout_s=60
    )
    assert not leases(leasing)
