"""Containers added to a running pod, on the real API server."""

import json
from typing import Any

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, Product
from tests.acceptance.test_isolation import annotations

OWN = f"{CLUSTER_NAME}/data/default/debug"
REFERRING = {"name": "KEY", "value": f"vault:{OWN}#key"}


@pytest.fixture(scope="module", autouse=True)
def secrets(product: Product) -> None:
    product.vault.put_secret(OWN, key="of-debug")


def create_pod(product: Product, env: list[dict[str, str]]) -> dict[str, Any]:
    container = {"name": "app", "image": "busybox", "command": ["sleep", "9"], "env": env}
    template = {"metadata": {"annotations": annotations("default")}, "spec": {"containers": [container]}}
    return product.create_pod("default", template)


def debug(product: Product, pod: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Add a container as `kubectl debug` does, and return the stored pod."""
    container = {"name": "debugger", "image": "busybox", "command": ["sh", "-c", "echo got $KEY"], **fields}
    pod["spec"]["ephemeralContainers"] = [container]
    path = f"/api/v1/namespaces/default/pods/{pod['metadata']['name']}/ephemeralcontainers"
    stored: dict[str, Any] = product.cluster.request("PUT", path, pod)
    return stored


def test_a_container_with_references_reads_them(product: Product) -> None:
    stored = debug(product, create_pod(product, [REFERRING]), env=[REFERRING])
    (debugger,) = stored["spec"]["ephemeralContainers"]
    mounted = {mount["mountPath"] for mount in debugger["volumeMounts"]}
    assert mounted == {"/vault", "/var/run/secrets/kubernetes.io/serviceaccount"}
    token = product.token(stored)
    done = product.surroundings.run_container(debugger, token, product.launcher)
    assert (done.stdout, done.returncode) == ("got of-debug\n", 0), done.stderr
    assert "of-debug" not in json.dumps(stored)


def test_a_container_without_references_stays_as_it_is(product: Product) -> None:
    (debugger,) = debug(product, create_pod(product, []))["spec"]["ephemeralContainers"]
    assert debugger["command"] == ["sh", "-c", "echo got $KEY"]


def test_a_container_with_references_is_refused_in_a_pod_without_launcher(product: Product) -> None:
    with pytest.raises(AssertionError, match=r"has no volume vault-env.*kubectl debug --copy-to"):
        debug(product, create_pod(product, []), env=[REFERRING])
