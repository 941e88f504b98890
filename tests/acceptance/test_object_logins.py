"""Logins at Vault for objects applied together, counted by Vault."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.acceptance.conftest import CLUSTER_NAME, Product
from tests.acceptance.test_isolation import annotations
from vaultkube.vault.shared_logins import SHARED_S

PATH = f"{CLUSTER_NAME}/data/shop/together"
COUNT = 50
WORKERS = 2


def test_secrets_applied_together_cost_a_login_in_each_worker(product: Product, tmp_path: Path) -> None:
    product.vault.put_secret(PATH, key="of-all-of-them")
    product.cluster.kubectl("create", "serviceaccount", "together", "-n", "shop")
    named = annotations("shop", vault_serviceaccount="together")

    def create(_: int) -> str:
        metadata = {"generateName": "together-", "annotations": named}
        texts = {"key": f"vault:{PATH}#key"}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": texts}
        stored = product.cluster.request("POST", "/api/v1/namespaces/shop/secrets", body)
        return str(stored["data"]["key"])

    began = time.monotonic()
    with product.vault.counted(tmp_path) as requests, ThreadPoolExecutor(8) as pool:
        values = list(pool.map(create, range(COUNT)))
    periods = 1 + int((time.monotonic() - began) / SHARED_S)
    assert set(values) == {"b2YtYWxsLW9mLXRoZW0="}
    assert requests[PATH] == COUNT
    assert 1 <= requests[f"auth/{CLUSTER_NAME}/login"] <= WORKERS * periods
