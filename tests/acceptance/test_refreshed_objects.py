"""Refreshed objects: the webhook seals their references, and `vault-webhook sync --once` reads them again."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from tests.acceptance.conftest import CLUSTER_NAME, ROOT, Product
from tests.acceptance.test_isolation import annotations
from tests.acceptance.test_objects import DEFINITION
from tests.servers.kubectl import Kubectl
from tests.vaultsync.running.operator import NAMESPACE, eventually, install
from vaultkube.kept.values import ANNOTATION, KEY_SECRET, LABEL

OWN = f"{CLUSTER_NAME}/data/shop/kept"
PATHS = {
    "Secret": "/api/v1/namespaces/{}/secrets/{}",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps/{}",
    "Database": "/apis/example.com/v1/namespaces/{}/databases/{}",
}
Refresh = Callable[[], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def refresh(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refresh]:
    """Return a function that runs `vault-webhook sync --once` with the rights of its manifests, for custom objects too."""
    product.cluster.apply(json.dumps(DEFINITION))
    product.cluster.kubectl("wait", "--for=condition=Established", "crd/databases.example.com")
    eventually(lambda: product.cluster.answer("GET", "/apis/example.com/v1/databases").ok)
    kubeconfig = install(product.cluster, tmp_path_factory.mktemp("kept"))
    verbs = "--verb=get,list,watch,patch"
    product.cluster.kubectl("create", "clusterrole", "kept", verbs, "--resource=databases.example.com")
    account = f"--serviceaccount={NAMESPACE}:vault-webhook-sync"
    product.cluster.kubectl("create", "clusterrolebinding", "kept", "--clusterrole=kept", account)
    environ = {
        "PATH": os.environ["PATH"],
        "KUBECONFIG": str(kubeconfig),
        "POD_NAMESPACE": NAMESPACE,
        "LEASE_NAME": "kept",
        "VAULT_CACERT": str(product.surroundings.ca_file),
        "REFRESHED_RESOURCES": "secrets,configmaps,databases.v1.example.com",
    }
    command = product.surroundings.command([sys.executable, "-m", "webhook", "sync", "--once"])

    def once() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    first = once()
    assert product.cluster.answer("GET", PATHS["Secret"].format("vault-webhook", KEY_SECRET)).ok, first.stderr
    yield once
    product.cluster.kubectl("delete", "secrets,configmaps", "-n", "shop", f"--selector={LABEL}")


class RefreshedObject:
    """An object of this test, and its state on the API server."""

    def __init__(self, product: Product, kind: str, name: str, **texts: str) -> None:
        self._cluster = product.cluster
        self.kind, self.name = kind, name
        named = annotations("shop", vault_serviceaccount="default", vault_refresh_after="5m")
        self.manifest: dict[str, Any] = {
            "apiVersion": "example.com/v1" if kind == "Database" else "v1",
            "kind": kind,
            "metadata": {"name": name, "namespace": "shop", "annotations": named},
        }
        self.set(texts)

    def set(self, texts: dict[str, str], field: str = "") -> None:
        """Replace the values in the manifest."""
        own = field or {"Secret": "stringData", "ConfigMap": "data", "Database": "spec"}[self.kind]
        self.manifest[own] = texts

    def apply(self, *options: str) -> str:
        return self._cluster.kubectl("apply", "-f", "-", *options, stdin=json.dumps(self.manifest))

    def diff(self, *options: str) -> str:
        """Return the output of `kubectl diff`; its exit status must agree with it."""
        done = self._cluster.kubectl.run("diff", "-f", "-", *options, stdin=json.dumps(self.manifest))
        assert done.returncode == bool(done.stdout), done.stderr
        return done.stdout

    def stored(self) -> Any:
        return self._cluster.request("GET", PATHS[self.kind].format("shop", self.name))

    def patch(self, body: Any) -> Any:
        return self._cluster.kubectl(
            "patch", self.kind, self.name, "-n", "shop", "--type=merge", f"-p={json.dumps(body)}"
        )

    def owned(self) -> list[Any]:
        """Return the owners of the object's fields."""
        return [[one["manager"], one["fieldsV1"]] for one in self.stored()["metadata"]["managedFields"]]

    def values(self) -> dict[str, str]:
        stored = self.stored()
        if self.kind == "Secret":
            return {key: base64.b64decode(text).decode() for key, text in stored["data"].items()}
        return dict(stored["data" if self.kind == "ConfigMap" else "spec"])

    def references(self) -> dict[str, str]:
        """Return the texts of its sealed references."""
        text = self.stored()["metadata"]["annotations"].get(ANNOTATION, "{}")
        return {name: value["text"] for name, value in json.loads(text).get("values", {}).items()}


def test_the_secret_of_seed_003_is_refreshed_after_a_change_in_vault(
    product: Product, refresh: Refresh
) -> None:
    manifest = yaml.safe_load((ROOT / "docs/examples/secret.yaml").read_text())
    name = manifest["metadata"]["name"]
    manifest["metadata"]["annotations"]["vault.security.banzaicloud.io/vault-refresh-after"] = "5m"
    product.vault.put_secret(f"{CLUSTER_NAME}/data/default", test="before")
    product.cluster.apply(json.dumps(manifest))
    path = PATHS["Secret"].format("default", name)
    assert (
        product.cluster.request("GET", path)["data"]["example-secret"] == base64.b64encode(b"before").decode()
    )
    product.vault.put_secret(f"{CLUSTER_NAME}/data/default", test="after")
    refresh()
    refresh()
    assert (
        product.cluster.request("GET", path)["data"]["example-secret"] == base64.b64encode(b"after").decode()
    )
    product.cluster.kubectl("delete", "secret", name)


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_change_arrives_and_kubectl_sees_no_drift_before_or_after(
    product: Product, refresh: Refresh, side: str
) -> None:
    options = ["--server-side", "--field-manager=kustomize-controller"] if side == "server" else []
    product.vault.put_secret(OWN, one="1", two="2")
    texts = {"a": f"vault:{OWN}#one", "b": f"vault:{OWN}#two", "c": "plain"}
    objects = [RefreshedObject(product, kind, f"drift-{side}", **texts) for kind in PATHS]
    owners = []
    for refreshed in objects:
        refreshed.apply(*options)
        assert (refreshed.values(), refreshed.diff(*options)) == ({"a": "1", "b": "2", "c": "plain"}, "")
        owners.append(refreshed.owned())
    product.vault.put_secret(OWN, one="new", two="2")
    refresh()
    versions = []
    for refreshed in objects:
        assert (refreshed.values(), refreshed.diff(*options)) == ({"a": "new", "b": "2", "c": "plain"}, "")
        versions.append(refreshed.stored()["metadata"]["resourceVersion"])
        refreshed.apply(*options)
    refresh()
    assert [refreshed.stored()["metadata"]["resourceVersion"] for refreshed in objects] == versions
    assert [refreshed.owned() for refreshed in objects] == owners


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_a_key_that_leaves_a_manifest_after_a_refresh_leaves_the_secret(
    product: Product, refresh: Refresh, field: str
) -> None:
    product.vault.put_secret(OWN, one="1", two="2")
    refreshed = RefreshedObject(product, "Secret", f"leaving-{field.lower()}")
    texts = {"a": f"vault:{OWN}#one", "b": f"vault:{OWN}#two"}
    encode = (lambda text: base64.b64encode(text.encode()).decode()) if field == "data" else str
    del refreshed.manifest["stringData"]
    refreshed.set({key: encode(text) for key, text in texts.items()}, field)
    refreshed.apply("--server-side")
    product.vault.put_secret(OWN, one="new", two="new")
    refresh()
    assert refreshed.values() == {"a": "new", "b": "new"}
    refreshed.set({"a": encode(texts["a"])}, field)
    refreshed.apply("--server-side")
    if field == "data":  # The API server itself leaves what was applied as stringData.
        assert refreshed.values() == {"a": "new"}
    assert refreshed.values()["a"] == "new"


def test_a_value_edited_by_hand_is_not_refreshed(product: Product, refresh: Refresh) -> None:
    product.vault.put_secret(OWN, one="1", two="2")
    refreshed = RefreshedObject(product, "ConfigMap", "by-hand", a=f"vault:{OWN}#one", b=f"vault:{OWN}#two")
    refreshed.apply()
    refreshed.patch({"data": {"a": "mine"}})
    assert refreshed.references() == {"b": f"vault:{OWN}#two"}
    product.vault.put_secret(OWN, one="new", two="new")
    refresh()
    assert refreshed.values() == {"a": "mine", "b": "new"}
    refreshed.patch(
        {"metadata": {"annotations": {"vault.security.banzaicloud.io/vault-refresh-after": None}}}
    )
    assert refreshed.references() == {}
    assert LABEL not in refreshed.stored()["metadata"].get("labels", {})


def test_a_deleted_path_leaves_the_value_and_has_an_event_without_the_value(
    product: Product, refresh: Refresh
) -> None:
    product.vault.put_secret(f"{OWN}-gone", one="s3cr3t-of-kept")
    refreshed = RefreshedObject(product, "Secret", "gone", a=f"vault:{OWN}-gone#one")
    refreshed.apply()
    product.vault.request("DELETE", f"{OWN}-gone")
    done = refresh()
    assert (done.returncode, refreshed.values()) == (1, {"a": "s3cr3t-of-kept"})
    events = product.cluster.kubectl("get", "events", "-n", "shop", "-o", "yaml")
    assert "was deleted at" in events
    for text in (done.stderr, done.stdout, events, product.log.read_text()):
        assert "s3cr3t-of-kept" not in text
    product.cluster.kubectl("delete", "secret", "gone", "-n", "shop")


@pytest.fixture(scope="module")
def mallory(product: Product) -> Kubectl:
    """Return kubectl as a user who may write Secrets and ConfigMaps of `shop`, but may create no pod there."""
    kubectl = product.cluster.kubectl
    kubectl("create", "role", "mallory", "-n", "shop", "--verb=*", "--resource=secrets,configmaps")
    kubectl("create", "rolebinding", "mallory", "-n", "shop", "--role=mallory", "--user=mallory")
    return kubectl


def _forged(product: Product, name: str, path: str, role: str = "shop") -> str:
    """Return the webhook's annotation, sealed with a key that the forger has made up."""
    from vaultkube.kept.codec import mark_of, sealed
    from vaultkube.kept.values import KeptLogin, KeptReferences, KeptValue, Place

    place, key = Place("configmaps", "shop", name), b"made up by mallory"
    login = KeptLogin(
        f"https://{annotations('shop')['vault.security.banzaicloud.io/vault-addr'][8:]}",
        CLUSTER_NAME,
        role,
        "default",
    )
    value = KeptValue(f"vault:{path}#one", mark_of(b"x", "a", place, key))
    return sealed(KeptReferences(login, 300, {"a": value}), place, key)


@pytest.mark.parametrize("skipped", [False, True])
def test_a_forged_annotation_of_a_user_without_rights_gets_no_value(
    product: Product, refresh: Refresh, mallory: Kubectl, skipped: bool
) -> None:
    """The webhook does not see `skipped` objects, so only the operator can refuse them."""
    product.vault.put_secret(OWN, one="s3cr3t-of-kept")
    name = f"forged-{str(skipped).lower()}"
    forged = _forged(product, name, OWN)
    labels = {LABEL: "true", **({"security.banzaicloud.io/mutate": "skip"} if skipped else {})}
    named = {
        **annotations("shop", vault_serviceaccount="default", vault_refresh_after="5m"),
        ANNOTATION: forged,
    }
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "shop", "annotations": named, "labels": labels},
        "data": {"a": "x"},
    }
    mallory("create", "--as=mallory", "-f", "-", stdin=json.dumps(manifest))
    stored = product.cluster.request("GET", PATHS["ConfigMap"].format("shop", name))
    assert (ANNOTATION in stored["metadata"]["annotations"]) is skipped
    done = refresh()
    after = product.cluster.request("GET", PATHS["ConfigMap"].format("shop", name))
    assert (after["data"], after["metadata"]["resourceVersion"]) == (
        {"a": "x"},
        stored["metadata"]["resourceVersion"],
    )
    assert "s3cr3t-of-kept" not in done.stderr
    if skipped:
        events = product.cluster.kubectl("get", "events", "-n", "shop", "-o", "yaml")
        assert "was not written for this object" in events
    mallory("delete", "--as=mallory", "configmap", name, "-n", "shop")


def test_an_annotation_copied_to_another_object_refreshes_nothing(
    product: Product, refresh: Refresh, mallory: Kubectl
) -> None:
    product.vault.put_secret(OWN, one="1")
    refreshed = RefreshedObject(product, "ConfigMap", "owned", a=f"vault:{OWN}#one")
    refreshed.apply()
    text = refreshed.stored()["metadata"]["annotations"][ANNOTATION]
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "stolen",
            "namespace": "shop",
            "annotations": {ANNOTATION: text},
            "labels": {LABEL: "true", "security.banzaicloud.io/mutate": "skip"},
        },
        "data": {"a": "1"},
    }
    mallory("create", "--as=mallory", "-f", "-", stdin=json.dumps(manifest))
    product.vault.put_secret(OWN, one="s3cr3t-of-kept")
    refresh()
    assert refreshed.values() == {"a": "s3cr3t-of-kept"}
    assert product.cluster.request("GET", PATHS["ConfigMap"].format("shop", "stolen"))["data"] == {"a": "1"}
    mallory("delete", "--as=mallory", "configmap", "stolen", "-n", "shop")


def test_a_text_written_by_the_operator_is_not_resolved_as_a_reference(
    product: Product, refresh: Refresh
) -> None:
    operator = Kubectl(product.cluster.kubeconfig_of(NAMESPACE, "vault-webhook-sync"))
    metadata = {
        "name": "looks-like-one",
        "namespace": "shop",
        "annotations": annotations("shop", vault_serviceaccount="default"),
    }
    text = f"vault:{CLUSTER_NAME}/data/shop/absent#key"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"text": text}}
    manifest = json.dumps(secret)
    assert product.cluster.kubectl.run("create", "-f", "-", stdin=manifest).returncode
    operator("create", "-f", "-", stdin=manifest)
    stored = product.cluster.request("GET", PATHS["Secret"].format("shop", "looks-like-one"))
    assert base64.b64decode(stored["data"]["text"]).decode() == text
