"""Objects are read as their ServiceAccount for users who may act as it; and the rights of the webhook for that."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, NAMESPACE, Product
from tests.acceptance.test_isolation import annotations
from tests.acceptance.test_objects import define_databases
from tests.servers.kubectl import KubectlFailed

OWN = f"{CLUSTER_NAME}/data/shop/identity"
KINDS = pytest.mark.parametrize("kind", ["ConfigMap", "Secret", "Database"])
FIELDS = {"ConfigMap": "data", "Secret": "stringData", "Database": "spec"}
DRY_RUNS = pytest.mark.parametrize("dry_run", ["none", "server"])
SECRETS = "clusterrolebinding/vault-webhook-secrets"


@pytest.fixture(scope="module", autouse=True)
def people(product: Product) -> None:
    """Give bob the right to write ConfigMaps and Secrets in `shop`, and alice the right to create pods there too."""
    product.vault.put_secret(OWN, key="of-identity")
    define_databases(product)
    objects = "--resource=configmaps,secrets,databases.example.com"
    for user, resources in {"bob": [objects], "alice": [objects, "--resource=pods"]}.items():
        kubectl = product.cluster.kubectl
        kubectl("create", "role", user, "-n", "shop", "--verb=create,get,patch", *resources)
        kubectl("create", "rolebinding", user, "-n", "shop", f"--role={user}", f"--user={user}")


def apply_as(product: Product, user: str, kind: str, *, key: str = "key", dry_run: str = "none") -> str:
    """Apply the object as the user, or only try it, and return it as the API server answers."""
    manifest = {
        "apiVersion": "example.com/v1" if kind == "Database" else "v1",
        "kind": kind,
        "metadata": {
            "name": f"identity-{user.rpartition(':')[2]}",
            "namespace": "shop",
            "annotations": annotations("shop", vault_serviceaccount="default"),
        },
        FIELDS[kind]: {"key": f"vault:{OWN}#{key}"},
    }
    stored = "{.spec.key}" if kind == "Database" else "{.data.key}"
    options = [f"--as={user}", f"--dry-run={dry_run}", "-o", f"jsonpath={stored}"]
    return product.cluster.kubectl("apply", "-f", "-", *options, stdin=json.dumps(manifest))


@KINDS
@DRY_RUNS
def test_a_user_without_the_right_to_create_pods_is_refused(
    product: Product, kind: str, dry_run: str
) -> None:
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
def test_a_user_with_the_right_to_create_pods_reads_as_the_service_account(
    product: Product, kind: str, dry_run: str
) -> None:
    stored = apply_as(product, "alice", kind, dry_run=dry_run)
    assert stored in ("of-identity", "b2YtaWRlbnRpdHk=")


@KINDS
def test_an_update_reads_only_for_a_user_with_the_right_to_create_pods(product: Product, kind: str) -> None:
    product.vault.put_secret(OWN, key="of-identity", second="of-update")
    apply_as(product, "alice", kind)
    assert apply_as(product, "alice", kind, key="second") in ("of-update", "b2YtdXBkYXRl")
    place = [kind.lower() + "s", "identity-alice", "-n", "shop"]
    change = json.dumps({FIELDS[kind]: {"key": f"vault:{OWN}#key"}})
    with pytest.raises(KubectlFailed, match="user 'bob' may not create pods in namespace shop"):
        product.cluster.kubectl("patch", *place, "--type=merge", "-p", change, "--as=bob")
    product.cluster.kubectl("label", *place, "by=bob", "--as=bob", "--overwrite")


GITOPS = {
    "argocd": "argocd-application-controller",
    "flux-system": "kustomize-controller",
}


@pytest.mark.parametrize("namespace", GITOPS)
def test_a_gitops_controller_has_objects_read_with_its_own_rights(product: Product, namespace: str) -> None:
    """GitOps controllers install themselves with a ServiceAccount that is cluster-admin."""
    user = f"system:serviceaccount:{namespace}:{GITOPS[namespace]}"
    binding = ("clusterrolebinding", GITOPS[namespace], "--clusterrole=cluster-admin", f"--user={user}")
    product.cluster.kubectl("create", *binding)
    try:
        assert apply_as(product, user, "Database") == "of-identity"
    finally:
        product.cluster.kubectl("delete", *binding[:2])


def test_flux_and_argo_cd_that_impersonate_have_objects_read_with_that_accounts_rights(
    product: Product,
) -> None:
    """The account is spec.serviceAccountName of a Kustomization, or in destinationServiceAccounts of an AppProject."""
    deployer = "system:serviceaccount:shop:deployer"
    product.cluster.kubectl(
        "create", "rolebinding", "deployer", "-n", "shop", "--role=bob", f"--user={deployer}"
    )
    with pytest.raises(KubectlFailed, match=f"user '{deployer}' may not create pods in namespace shop"):
        apply_as(product, deployer, "Secret")


def test_helms_own_secret_is_stored_as_it_is(product: Product) -> None:
    """Helm's Secret holds the manifests with their references; Helm's user needs only the right to write it."""
    metadata = {"name": "sh.helm.release.v1.shop.v1", "namespace": "shop"}
    metadata["annotations"] = annotations("shop", vault_serviceaccount="default")  # type: ignore[assignment]
    text = f"vault:{OWN}#key"
    manifest = {"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1", "metadata": metadata}
    options = ["--as=bob", "-o", "jsonpath={.data.release}"]
    stored = product.cluster.kubectl(
        "apply", "-f", "-", *options, stdin=json.dumps({**manifest, "stringData": {"release": text}})
    )
    assert base64.b64decode(stored).decode() == text


@KINDS
def test_controllers_of_the_control_plane_change_owners_and_delete(product: Product, kind: str) -> None:
    """The object has an ignored reference to a missing path, so the reference is still in it."""
    named = annotations("shop", vault_serviceaccount="default", vault_ignore_missing_secrets="true")
    name = f"collected-{kind.lower()}"
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "1"}
    manifest = {
        "apiVersion": "example.com/v1" if kind == "Database" else "v1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": "shop",
            "annotations": named,
            "ownerReferences": [owner],
            "finalizers": ["example.com/wait"],
        },
        FIELDS[kind]: {"key": f"vault:{OWN}/missing#key"},
    }
    product.cluster.apply(json.dumps(manifest))
    collector = "--as=system:serviceaccount:kube-system:generic-garbage-collector"
    namespaces = "--as=system:serviceaccount:kube-system:namespace-controller"
    place = [kind.lower() + "s", name, "-n", "shop"]
    patch = ["--type=merge", "-p"]
    product.cluster.kubectl("patch", *place, *patch, '{"metadata":{"ownerReferences":null}}', collector)
    product.cluster.kubectl("delete", *place, "--wait=false", namespaces)
    product.cluster.kubectl("patch", *place, *patch, '{"metadata":{"finalizers":null}}', collector)
    assert not product.cluster.kubectl("get", *place[:1], "-n", "shop", "-o", "name").count(name)


def test_a_namespace_that_is_being_deleted_loses_its_objects_and_gets_no_new_ones(product: Product) -> None:
    """The namespace's ServiceAccount is already deleted, so no reference can be resolved."""
    product.cluster.create_namespace("leaving")
    manifest: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "held",
            "namespace": "leaving",
            "annotations": annotations("leaving", vault_serviceaccount="default"),
            "labels": {"security.banzaicloud.io/mutate": "skip"},
            "finalizers": ["example.com/wait"],
        },
        "stringData": {"key": f"vault:{OWN}#key"},
    }
    product.cluster.apply(json.dumps(manifest))
    kubectl = product.cluster.kubectl
    kubectl("delete", "namespace", "leaving", "--wait=false")
    kubectl("delete", "secret/held", "serviceaccount/default", "-n", "leaving", "--wait=false")
    change = '{"metadata":{"labels":null,"finalizers":null}}'  # without the label it is the webhook's
    kubectl("patch", "secret", "held", "-n", "leaving", "--type=merge", "-p", change)
    assert kubectl("get", "secrets", "-n", "leaving", "-o", "name") == ""
    manifest["metadata"] = {"name": "new", "namespace": "leaving"}
    with pytest.raises(KubectlFailed, match="because it is being terminated"):
        product.cluster.apply(json.dumps(manifest))


@pytest.fixture
def by_namespace(product: Product) -> Iterator[None]:
    """Bind the rights that read secrets in the namespace `default` only, as docs/security.md does."""
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
def test_rights_bound_by_namespace_are_named_as_missing_in_another_namespace(product: Product) -> None:
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
