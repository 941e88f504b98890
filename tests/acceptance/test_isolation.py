"""Namespaces read their own path and the shared one, and nothing of each other."""

import base64
import json
from typing import Any

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, VAULT_NAME, Product
from tests.servers.kubectl import KubectlFailed

PREFIX = "vault.security.banzaicloud.io/"


@pytest.fixture(scope="module", autouse=True)
def secrets(product: Product) -> None:
    product.vault.put_secret(f"{CLUSTER_NAME}/data/default/app", key="of-default")
    product.vault.put_secret(f"{CLUSTER_NAME}/data/shop/app", key="of-shop")
    product.vault.put_secret(f"{CLUSTER_NAME}/data/_shared/app", key="of-all")


def annotations(role: str, **more: str) -> dict[str, str]:
    chosen = {
        "vault-addr": f"https://{VAULT_NAME}",
        "vault-role": role,
        "vault-path": CLUSTER_NAME,
        **{key.replace("_", "-"): text for key, text in more.items()},
    }
    return {PREFIX + key: text for key, text in chosen.items()}


def printing_pod(role: str, path: str) -> dict[str, Any]:
    container = {
        "name": "app",
        "image": "busybox",
        "command": ["sh", "-c", "echo got $KEY"],
        "env": [{"name": "KEY", "value": f"vault:{CLUSTER_NAME}/data/{path}#key"}],
    }
    return {"metadata": {"annotations": annotations(role)}, "spec": {"containers": [container]}}


@pytest.mark.parametrize(
    ("namespace", "path", "value"),
    [
        ("default", "default/app", "of-default"),
        ("shop", "shop/app", "of-shop"),
        ("default", "_shared/app", "of-all"),
        ("shop", "_shared/app", "of-all"),
    ],
)
def test_a_namespace_reads_its_own_path_and_the_shared_one(
    product: Product, namespace: str, path: str, value: str
) -> None:
    done = product.run(product.create_pod(namespace, printing_pod(namespace, path)))
    assert (done.stdout, done.returncode) == (f"got {value}\n", 0), done.stderr


@pytest.mark.parametrize(("namespace", "path"), [("default", "shop/app"), ("shop", "default/app")])
def test_a_namespace_cannot_read_anothers_path(product: Product, namespace: str, path: str) -> None:
    done = product.run(product.create_pod(namespace, printing_pod(namespace, path)))
    assert (done.stdout, done.returncode) == ("", 1)
    assert "permission denied" in done.stderr
    assert f"{CLUSTER_NAME}/data/{path}" in done.stderr


def test_a_namespace_cannot_log_in_with_anothers_role(product: Product) -> None:
    done = product.run(product.create_pod("shop", printing_pod("default", "default/app")))
    assert (done.stdout, done.returncode) == ("", 1)
    assert "failed to request new Vault token" in done.stderr
    assert "vault-role" in done.stderr


def secret(namespace: str, role: str, path: str, **more: str) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "isolated",
                "namespace": namespace,
                "annotations": annotations(role, **more),
            },
            "stringData": {"key": f"vault:{CLUSTER_NAME}/data/{path}#key"},
        }
    )


def test_a_secret_is_read_as_its_own_namespace(product: Product) -> None:
    product.cluster.apply(secret("shop", "shop", "shop/app", vault_serviceaccount="default"))
    stored = json.loads(product.cluster.kubectl("get", "secret", "isolated", "-n", "shop", "-o", "json"))
    assert base64.b64decode(stored["data"]["key"]) == b"of-shop"


@pytest.mark.parametrize(
    ("role", "path", "more", "words"),
    [
        ("shop", "default/app", {"vault_serviceaccount": "default"}, ["permission denied", "default/app"]),
        (
            "default",
            "default/app",
            {"vault_serviceaccount": "default"},
            ["failed to request new Vault token"],
        ),
        (
            "shop",
            "shop/app",
            {"vault_serviceaccount": "nobody"},
            ["ServiceAccount shop/nobody does not exist"],
        ),
        ("shop", "shop/app", {}, ["vault-serviceaccount"]),
        ("shop", "shop/missing", {"vault_serviceaccount": "default"}, ["path not found", "shop/missing"]),
    ],
)
def test_a_secret_that_cannot_be_read_is_refused_with_the_reason(
    product: Product, role: str, path: str, more: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(KubectlFailed) as refusal:
        product.cluster.apply(secret("shop", role, path, **more))
    message = str(refusal.value)
    assert 'admission webhook "secrets.vault-webhook.svc" denied the request' in message
    assert all(word in message for word in words), message


def test_the_webhook_never_reads_as_itself(product: Product) -> None:
    reviews = product.log.read_text()
    assert "of-shop" not in reviews
    assert "of-default" not in reviews
