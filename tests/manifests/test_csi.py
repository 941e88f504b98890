"""manifests/csi: complete for the API server, and confined as far as a folder of the node allows."""

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


def test_the_api_server_takes_them_all(cluster: Cluster, tmp_path: Path) -> None:
    said = cluster.apply(built_manifests(tmp_path))
    assert "daemonset.apps/vault-csi-provider" in said
    assert "clusterrolebinding.rbac.authorization.k8s.io/vault-csi-provider" in said


def test_nothing_of_root_is_left_but_the_folder(pod_template: Any) -> None:
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


def test_the_pod_lives_as_long_as_mounts_may_take_to_end(pod_template: Any) -> None:
    from vaultcsi.settings import Settings

    assert pod_template["terminationGracePeriodSeconds"] > Settings().drain_s
