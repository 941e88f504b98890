"""Tokens for an audience of Vault's own: the role requires it, and the annotation vault-token-audience requests it."""

import base64
import json
from typing import Any

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, Product
from tests.acceptance.test_isolation import annotations
from tests.servers.kubectl import KubectlFailed

OWN = f"{CLUSTER_NAME}/data/default/audience"
ROLE = "with-audience"


@pytest.fixture(scope="module", autouse=True)
def role(product: Product) -> None:
    """Make a copy of the namespace's role that accepts only tokens for the audience `vault`."""
    product.vault.put_secret(OWN, key="of-audience")
    path = f"auth/{CLUSTER_NAME}/role"
    own: dict[str, Any] = product.vault.read(f"{path}/default")
    product.vault.write(f"{path}/{ROLE}", {**own, "audience": "vault"})


def secret(**more: str) -> str:
    metadata = {"name": "audience", "annotations": annotations(ROLE, vault_serviceaccount="default", **more)}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "stringData": {"key": f"vault:{OWN}#key"},
        }
    )


def test_a_secret_is_read_with_a_token_for_the_audience(product: Product) -> None:
    product.cluster.apply(secret(vault_token_audience="vault"))
    stored = json.loads(product.cluster.kubectl("get", "secret", "audience", "-o", "json"))
    assert base64.b64decode(stored["data"]["key"]) == b"of-audience"


@pytest.mark.parametrize("more", [{}, {"vault_token_audience": "other"}])
def test_a_token_for_another_audience_is_refused(product: Product, more: dict[str, str]) -> None:
    with pytest.raises(
        KubectlFailed, match=r"failed to request new Vault token: .* the audience of its token"
    ):
        product.cluster.apply(secret(**more))


def test_a_pod_gets_the_token_in_a_volume_of_its_own(product: Product) -> None:
    container = {
        "name": "app",
        "image": "busybox",
        "command": ["true"],
        "env": [{"name": "KEY", "value": f"vault:{OWN}#key"}],
    }
    template = {
        "metadata": {"annotations": annotations(ROLE, vault_token_audience="vault")},
        "spec": {"containers": [container]},
    }
    pod = product.create_pod("default", template)
    (volume,) = [each for each in pod["spec"]["volumes"] if each["name"] == "vault-env-jwt"]
    (source,) = volume["projected"]["sources"]
    assert source["serviceAccountToken"]["audience"] == "vault"
