"""The manual's three manifests, unchanged: the objects that the API server stores, and the output of their programs."""

import base64
import json
from typing import Any

import pytest
import yaml

from tests.acceptance.conftest import CLUSTER_NAME, ROOT, Product
from tests.acceptance.surroundings import stop_container

EXAMPLES = ROOT / "docs/examples"
VALUE = "s3cr3t $HOME $(date) 'quoted'"


@pytest.fixture(scope="module", autouse=True)
def secrets(product: Product) -> None:
    product.vault.put_secret(f"{CLUSTER_NAME}/data/default", test=VALUE, SECRET_KEY_FROM_VAULT="all-keys")


def applied_template(product: Product, name: str) -> dict[str, Any]:
    """Apply a Deployment of the manual and return the pod template that the API server stored."""
    product.cluster.kubectl("apply", "-f", str(EXAMPLES / name))
    deployment = json.loads(product.cluster.kubectl("get", "deployment", "vault-test", "-o", "json"))
    product.cluster.kubectl("delete", "deployment", "vault-test")
    template: dict[str, Any] = deployment["spec"]["template"]
    return template


def first_lines(product: Product, pod: dict[str, Any], count: int) -> list[str]:
    """Start the pod's program, return the first lines of its output, and end it."""
    container = pod["spec"]["containers"][0]
    process = product.surroundings.start_container(container, product.token(pod), product.launcher)
    assert process.stdout
    lines = [process.stdout.readline().rstrip("\n") for _ in range(count)]
    errors = stop_container(process)
    assert lines[-1], errors
    return lines


def test_the_example_of_one_key_prints_its_secret(product: Product) -> None:
    pod = product.create_pod("default", applied_template(product, "one-key.yaml"))
    container = pod["spec"]["containers"][0]
    assert container["command"] == ["/vault/vault-env"]
    assert container["args"] == [
        "sh",
        "-c",
        "echo $EXAMPLE_SECRET && echo going to sleep... && sleep 10000",
    ]
    assert pod["spec"]["initContainers"][0]["name"] == "copy-vault-env"
    assert VALUE not in json.dumps(pod)
    lines = first_lines(product, pod, 2)
    assert lines == [" ".join(VALUE.split()), "going to sleep..."]


def test_the_example_of_a_whole_path_has_every_key(product: Product) -> None:
    pod = product.create_pod("default", applied_template(product, "all-keys.yaml"))
    assert "all-keys" not in json.dumps(pod["spec"]["containers"])
    assert first_lines(product, pod, 2) == ["all-keys", "going to sleep..."]


def test_the_example_of_a_secret_is_stored_with_its_values(product: Product) -> None:
    product.cluster.kubectl("apply", "-f", str(EXAMPLES / "secret.yaml"))
    stored = json.loads(product.cluster.kubectl("get", "secret", "vault-test", "-o", "json"))
    assert base64.b64decode(stored["data"]["example-secret"]).decode() == VALUE
    manifest = yaml.safe_load((EXAMPLES / "secret.yaml").read_text())
    ours = {key: text for key, text in stored["metadata"]["annotations"].items() if "banzaicloud" in key}
    assert ours == manifest["metadata"]["annotations"]


def test_the_example_of_a_secret_works_as_a_config_map(product: Product) -> None:
    manifest = yaml.safe_load((EXAMPLES / "secret.yaml").read_text())
    reference = manifest["stringData"]["example-secret"]
    config_map = {
        **{key: manifest[key] for key in ("apiVersion", "metadata")},
        "kind": "ConfigMap",
        "data": {"plain": "stays", "url": f"https://u:${{{reference}}}@host"},
    }
    product.cluster.apply(json.dumps(config_map))
    stored = json.loads(product.cluster.kubectl("get", "configmap", "vault-test", "-o", "json"))
    assert stored["data"] == {"plain": "stays", "url": f"https://u:{VALUE}@host"}
