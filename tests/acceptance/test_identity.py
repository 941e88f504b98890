"""Reading as a ServiceAccount: for users of the API server who may act as it, and the rights that the webhook needs."""

import json
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, NAMESPACE, Product
from tests.acceptance.test_isolation import annotations
from tests.servers.kubectl import KubectlFailed

OWN = f"{CLUSTER_NAME}/data/shop/identity"
KINDS = pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
DRY_RUNS = pytest.mark.parametrize("dry_run", ["none", "server"])
SECRETS = "clusterrolebinding/vault-webhook-secrets"


@pytest.fixture(scope="module", autouse=True)
def people(product: Product) -> None:
    """bob may write ConfigMaps and Secrets in `shop`, alice may create pods there too."""
    product.vault.put_secret(OWN, key="of-identity")
    objects = "--resource=configmaps,secrets"
    for user, resources in {"bob": [objects], "alice": [objects, "--resource=pods"]}.items():
        kubectl = product.cluster.kubectl
        kubectl("create", "role", user, "-n", "shop", "--verb=create,get,patch", *resources)
        kubectl("create", "rolebinding", user, "-n", "shop", f"--role={user}", f"--user={user}")


def apply_as(product: Product, user: str, kind: str, *, key: str = "key", dry_run: str = "none") -> str:
    """Return the object as the API server answers it, or would store it."""
    manifest = {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {
            "name": f"identity-{user}",
            "namespace": "shop",
            "annotations": annotations("shop", vault_serviceaccount="default"),
        },
        "data" if kind == "ConfigMap" else "stringData": {"key": f"vault:{OWN}#{key}"},
    }
    options = [f"--as={user}", f"--dry-run={dry_run}", "-o", "jsonpath={.data.key}"]
    return product.cluster.kubectl("apply", "-f", "-", *options, stdin=json.dumps(manifest))


@KINDS
@DRY_RUNS
def test_who_may_create_no_pods_reads_nothing(product: Product, kind: str, dry_run: str) -> None:
    with pytest.raises(KubectlFailed) as refusal:
        apply_as(product, "bob", kind, dry_run=dry_run)
    for words in (
        "denied the request",
        "user 'bob' may not create pods in namespace shop",
        "apply the object",
    ):
        assert words in str(refusal.value)
    assert "of-identity" not in str(refusal.value)


@KINDS
@DRY_RUNS
def test_who_may_create_pods_reads_what_their_service_account_may(
    product: Product, kind: str, dry_run: str
) -> None:
    stored = apply_as(product, "alice", kind, dry_run=dry_run)
    assert stored in ("of-identity", "b2YtaWRlbnRpdHk=")


@pytest.fixture
def by_namespace(product: Product) -> Iterator[None]:
    """The rights that read secrets, in the namespace `default` alone, as docs/security.md binds them."""
    binding = product.cluster.kubectl("get", SECRETS, "-o", "json")
    product.cluster.kubectl("delete", SECRETS)
    account = f"--serviceaccount={NAMESPACE}:vault-webhook"
    role = "--clusterrole=vault-webhook-secrets"
    product.cluster.kubectl("create", "rolebinding", "vault-webhook-secrets", "-n", "default", role, account)
    yield
    product.cluster.kubectl("delete", "rolebinding", "vault-webhook-secrets", "-n", "default")
    document = json.loads(binding)
    metadata = {"name": document["metadata"]["name"]}
    product.cluster.apply(json.dumps({**document, "metadata": metadata}))


@pytest.mark.usefixtures("by_namespace")
def test_rights_bound_by_namespace_are_missed_by_name_elsewhere(product: Product) -> None:
    with pytest.raises(
        KubectlFailed, match=r"may not create serviceaccounts/token in namespace shop .*ClusterRole"
    ):
        apply_as(product, "alice", "ConfigMap")
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "identity",
            "annotations": annotations("default", vault_serviceaccount="default"),
        },
        "data": {"key": f"vault:{CLUSTER_NAME}/data/_shared/identity#key"},
    }
    product.vault.put_secret(f"{CLUSTER_NAME}/data/_shared/identity", key="of-all")
    options = ["--dry-run=server", "-o", "jsonpath={.data.key}"]
    assert product.cluster.kubectl("apply", "-f", "-", *options, stdin=json.dumps(manifest)) == "of-all"
