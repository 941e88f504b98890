"""The effects of a review beside the patch: Events about refusals, and none of a dry run."""

import base64
import json
import time
from typing import Any

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, Product
from tests.acceptance.test_bad_input import pod_with
from tests.acceptance.test_isolation import annotations

NAMESPACE = "answers"
OWN = f"{CLUSTER_NAME}/data/default/answers"


@pytest.fixture(scope="module", autouse=True)
def place(product: Product) -> None:
    product.cluster.create_namespace(NAMESPACE)
    product.vault.put_secret(OWN, key="of-answers")


def pods_path(query: str = "") -> str:
    return f"/api/v1/namespaces/{NAMESPACE}/pods{query}"


def events(product: Product) -> list[dict[str, Any]]:
    path = f"/apis/events.k8s.io/v1/namespaces/{NAMESPACE}/events"
    found: list[dict[str, Any]] = product.cluster.request("GET", path)["items"]
    return found


def refuse(product: Product, name: str, query: str = "") -> None:
    template = pod_with("vault:no/key")
    template["metadata"]["name"] = name
    with pytest.raises(AssertionError, match="could not mutate object"):
        product.cluster.request("POST", pods_path(query), {"apiVersion": "v1", "kind": "Pod", **template})


def test_a_refusal_is_an_event_and_a_dry_run_is_none(product: Product) -> None:
    refuse(product, "tried", "?dryRun=All")
    refuse(product, "meant")
    for _ in range(100):
        if events(product):
            break
        time.sleep(0.05)
    (event,) = events(product)
    assert event["regarding"] == {"apiVersion": "v1", "kind": "Pod", "name": "meant", "namespace": NAMESPACE}
    assert event["note"].startswith("could not mutate object: container app: variable PASSWORD")
    assert event["reportingController"] == "vault-webhook"


def secret(name: str, **values: str) -> dict[str, Any]:
    metadata = {"name": name, "annotations": annotations("default", vault_serviceaccount="default")}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}


def create(product: Product, manifest: dict[str, Any], query: str = "") -> dict[str, str]:
    stored = product.cluster.request("POST", f"/api/v1/namespaces/default/secrets{query}", manifest)
    return {key: base64.b64decode(text).decode() for key, text in stored["data"].items()}


def version(product: Product) -> int:
    path = f"{CLUSTER_NAME}/metadata/default/answers"
    return int(product.vault.read(path)["current_version"])


def test_a_dry_run_reads_and_does_not_write(product: Product) -> None:
    policy = f'path "{OWN}" {{ capabilities = ["read", "update", "create"] }}'
    product.vault.policy(f"{CLUSTER_NAME}-writer", policy)
    role = f"auth/{CLUSTER_NAME}/role/default"
    own = product.vault.read(role)
    product.vault.write(role, {**own, "token_policies": [*own["token_policies"], f"{CLUSTER_NAME}-writer"]})
    written = f">>vault:{OWN}#version#{json.dumps({'data': {'key': 'of-answers'}})}"
    manifest, before = secret("written", read=f"vault:{OWN}#key", write=written), version(product)
    assert create(product, manifest, "?dryRun=All") == {"read": "of-answers", "write": written}
    assert version(product) == before
    assert create(product, manifest) == {"read": "of-answers", "write": str(before + 1)}
    assert version(product) == before + 1
    product.vault.write(role, own)


def accessors(product: Product) -> set[str]:
    return set(product.vault.request("LIST", "auth/token/accessors")["data"]["keys"])


def test_a_dry_run_leaves_no_token_behind(product: Product) -> None:
    product.cluster.request(
        "POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "of-answers"}}
    )
    manifest, before = secret("tokens", read=f"vault:{OWN}#key"), accessors(product)
    create(product, manifest, "?dryRun=All")
    assert accessors(product) == before
    manifest["metadata"]["annotations"] |= annotations("default", vault_serviceaccount="of-answers")
    create(product, manifest)
    assert len(accessors(product) - before) == 1
