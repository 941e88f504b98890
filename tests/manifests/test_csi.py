"""manifests/csi: accepted by the API server, and confined as far as a folder of the node allows."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers.cluster import Cluster
from tests.vaultcsi.provider import built_manifests

MANIFESTS = Path(__file__).parents[2] / "manifests/csi"


@pytest.fixture(scope="module")
def pod_template() -> Any:
    return yaml.safe_load((MANIFESTS / "daemonset.yaml").read_text())["spec"]["template"]["spec"]


def test_the_api_server_accepts_every_object(cluster: Cluster, tmp_path: Path) -> None:
    said = cluster.apply(built_manifests(tmp_path))
    assert "daemonset.apps/vault-csi-provider" in said
    assert "clusterrolebinding.rbac.authorization.k8s.io/vault-csi-provider" in said


def test_the_container_is_root_without_capabilities_and_with_one_folder_of_the_node(
    pod_template: Any,
) -> None:
    (container,) = pod_template["containers"]
    assert container["securityContext"] == {
        "runAsUser": 0,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod_template)
    paths = [volume["hostPath"]["path"] for volume in pod_template["volumes"] if "hostPath" in volume]
    assert paths == ["/var/run/secrets-store-csi-providers"]


def test_the_grace_period_is_longer_than_the_drain_of_mounts(pod_template: Any) -> None:
    from vaultcsi.settings import Settings

    assert pod_template["terminationGracePeriodSeconds"] > Settings().drain_s
