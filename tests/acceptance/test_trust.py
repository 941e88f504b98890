"""The CA that verifies Vault for a Secret: the one of the annotation `vault-tls-secret`, or else the operator's."""

import base64
import json
from pathlib import Path

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, NAMESPACE, Product
from tests.acceptance.test_isolation import annotations
from tests.servers.authority import Authority
from tests.servers.kubectl import KubectlFailed

PATH = f"{CLUSTER_NAME}/data/default/trust"


@pytest.fixture(scope="module", autouse=True)
def secret(product: Product) -> None:
    product.vault.put_secret(PATH, key="of-vault")


def apply(product: Product, name: str, ca: str) -> None:
    """Apply a Secret with a reference and with the annotation for this CA of Vault."""
    trust = {"name": f"ca-of-{name}", "namespace": NAMESPACE}
    product.cluster.apply(
        json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": trust, "stringData": {"ca.crt": ca}})
    )
    more = annotations("default", vault_serviceaccount="default", vault_tls_secret=trust["name"])
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "annotations": more},
        "stringData": {"key": f"vault:{PATH}#key"},
    }
    product.cluster.apply(json.dumps(manifest))


def test_the_certificate_of_vault_tls_secret_is_trusted(product: Product, authority: Authority) -> None:
    apply(product, "trusting", authority.ca_file.read_text())
    stored = json.loads(product.cluster.kubectl("get", "secret", "trusting", "-o", "json"))
    assert base64.b64decode(stored["data"]["key"]) == b"of-vault"


def test_the_ca_of_vault_tls_secret_excludes_the_operators_ca(product: Product, tmp_path: Path) -> None:
    with pytest.raises(
        KubectlFailed, match=r"x509: .* is not trusted \(.*certificate.*\); .* annotation vault-tls-secret"
    ):
        apply(product, "mistrusting", Authority(tmp_path).ca_file.read_text())


def test_a_ca_that_is_no_certificate_is_refused_with_its_place(product: Product) -> None:
    with pytest.raises(
        KubectlFailed,
        match=r"annotation vault-tls-secret: `ca.crt` of Secret ca-of-broken holds no certificate",
    ):
        apply(product, "broken", "not a certificate")
