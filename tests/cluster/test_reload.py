"""A Deployment that the operator rolls after a change in Vault, with the real controllers, webhook and launcher."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.node import Node
from tests.cluster.pods import Pods, eventually
from tests.cluster.product import CLUSTER_NAME, ROOT, SECRET, Product
from tests.cluster.test_containers import container, one
from tests.cluster.test_workloads import LINE, workload

NAMESPACE = "vault-webhook-sync"
RELOAD = "secrets-reloader.security.bank-vaults.io/reload-on-secret-change"


@pytest.fixture
def operator(product: Product, node: Node, tmp_path: Path) -> Iterator[None]:
    """The operator, installed from its manifests, which looks after workloads each five seconds."""
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
        "components": [os.path.relpath(ROOT / "manifests" / "sync", tmp_path)],
        "images": [{"name": "vault-webhook", "newName": name, "newTag": tag}],
        "patches": [{"patch": json.dumps(patch)}],
    }
    (tmp_path / "kustomization.yaml").write_text(json.dumps(overlay))
    node.kubectl("apply", "-k", str(tmp_path))
    try:
        node.kubectl("rollout", "status", f"deployment/{NAMESPACE}", "-n", NAMESPACE, "--timeout=60s")
        yield
    finally:
        node.kubectl("delete", "-k", str(tmp_path), "--wait=false")


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
    """Return what each pod that is not ending has written."""
    pods = json.loads(team.kubectl("get", "pods", "-l", "app=app", "-o", "json"))["items"]
    living = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
    ready = [pod for pod in living if pod["status"]["phase"] == "Running"]
    return [team.output(pod["metadata"]["name"]) for pod in ready]
