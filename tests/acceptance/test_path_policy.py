"""The path policy of docs/path-policy.md, on a second webhook beside the product's."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.conftest import CLUSTER_NAME, NAMESPACE, ROOT, VAULT_NAME, Product
from tests.acceptance.test_isolation import printing_pod
from tests.servers.endpoint import Endpoint
from tests.servers.process import Process, free_port, stopping

PAGE = (ROOT / "docs/path-policy.md").read_text()
EXAMPLES = ROOT / "docs/examples"


@pytest.fixture(scope="module")
def webhook(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """Yield a webhook with the page's setting, without TLS, which the API server does not call."""
    folder = tmp_path_factory.mktemp("policy")
    endpoint = Endpoint(f"http://127.0.0.1:{free_port()}", product.vault.ca_file)
    (setting,) = re.findall(r"^    VAULT_PATH_POLICY: (\S+)$", PAGE, re.MULTILINE)
    with stopping(
        Process(
            [sys.executable, "-m", "webhook", "serve"],
            folder / "webhook.log",
            {
                "PATH": os.environ["PATH"],
                "LISTEN_ADDRESS": endpoint.address.removeprefix("http://"),
                "KUBECONFIG": str(product.cluster.kubeconfig_of(NAMESPACE, "vault-webhook")),
                "VAULT_ADDR_ALLOWLIST": f"https://{VAULT_NAME}",
                "VAULT_ENV_IMAGE": "registry.example.com/vault-env:1",
                "VAULT_PATH_POLICY": setting,
                "METRICS_DIR": str(folder),
            },
        )
    ) as process:
        process.wait_until(lambda: endpoint.answers("/healthz"))
        yield endpoint


def review(webhook: Endpoint, namespace: str, template: dict[str, Any]) -> dict[str, Any]:
    document = {"metadata": template.get("metadata", {}), "spec": template["spec"]}
    request = {"uid": "u", "namespace": namespace, "operation": "CREATE", "object": document}
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    response: dict[str, Any] = webhook.request("POST", "/pods", json=body).json()["response"]
    return response


@pytest.mark.parametrize("path", ["shop/app", "_shared/app", "shop", "shop/../shop/app"])
def test_a_namespace_may_name_its_own_path_and_the_shared_one(webhook: Endpoint, path: str) -> None:
    assert review(webhook, "shop", printing_pod("shop", path))["allowed"]


@pytest.mark.parametrize(
    "path", ["default", "shop-b/app", "shop/../default", "shop/%2e%2e/default", "/default"]
)
def test_any_other_path_is_refused(webhook: Endpoint, path: str) -> None:
    response = review(webhook, "shop", printing_pod("shop", path))
    assert not response["allowed"]


def test_the_message_is_that_of_the_page(webhook: Endpoint) -> None:
    message = review(webhook, "shop", printing_pod("shop", "default"))["status"]["message"]
    assert " ".join(message.split()) in " ".join(PAGE.split())
    assert CLUSTER_NAME in message


@pytest.mark.parametrize("name", ["one-key.yaml", "all-keys.yaml"])
def test_the_manuals_manifests_stay_inside_in_their_namespace_only(webhook: Endpoint, name: str) -> None:
    template = yaml.safe_load(Path(EXAMPLES / name).read_text())["spec"]["template"]
    assert review(webhook, "default", template)["allowed"]
    refused = review(webhook, "shop", template)
    assert "VAULT_PATH_POLICY" in json.dumps(refused["status"])
