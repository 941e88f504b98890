"""The manifests of docs/quick-start.md: the API server takes them, and the webhook would serve the pod."""

from pathlib import Path

import pytest

from tests.servers.cluster import Cluster

EXAMPLES = Path(__file__).parents[2] / "docs/examples"


def test_the_vault_for_trying_is_taken(cluster: Cluster) -> None:
    file = EXAMPLES / "vault-for-trying.yaml"
    try:
        said = cluster.kubectl("apply", "-f", str(file))
        assert said.count(" created") == 5
    finally:
        cluster.kubectl("delete", "-f", str(file), "--wait=false")


@pytest.mark.parametrize("name", ["hello", "one-key"])
def test_a_workload_is_taken(cluster: Cluster, name: str) -> None:
    said = cluster.kubectl(
        "apply", "--dry-run=server", "--validate=strict", "-f", str(EXAMPLES / f"{name}.yaml")
    )
    assert "created" in said or "configured" in said
