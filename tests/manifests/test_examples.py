"""Manifests of the pages about installing: the API server accepts them."""

from pathlib import Path

import pytest

from tests.servers.cluster import Cluster

EXAMPLES = Path(__file__).parents[2] / "docs/examples"


@pytest.mark.parametrize(("name", "objects"), [("vault-for-trying", 5), ("vault-reviewer", 3)])
def test_the_manifests_for_vault_are_accepted(cluster: Cluster, name: str, objects: int) -> None:
    file = EXAMPLES / f"{name}.yaml"
    try:
        said = cluster.kubectl("apply", "-f", str(file))
        assert said.count(" created") == objects
    finally:
        cluster.kubectl("delete", "-f", str(file), "--wait=false")


@pytest.mark.parametrize("name", ["hello", "one-key"])
def test_the_manifest_of_a_workload_is_accepted(cluster: Cluster, name: str) -> None:
    said = cluster.kubectl(
        "apply", "--dry-run=server", "--validate=strict", "-f", str(EXAMPLES / f"{name}.yaml")
    )
    assert "created" in said or "configured" in said
