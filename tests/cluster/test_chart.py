"""The Helm chart on the node, with every way to Vault: installed, its certificate rotated, upgraded under load, uninstalled."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cluster.node import Node
from tests.cluster.pods import Pods, eventually
from tests.cluster.product import CLUSTER_NAME, SECRET, TLS_SECRET, Product, annotations, settings_of, trust
from tests.cluster.test_containers import container, one
from tests.cluster.ways import Ways
from tests.manifests.chart.rendering import CHART
from tests.servers.helm import Helm
from tests.servers.images import Image

RELEASE = "by-helm"
NAME = f"{RELEASE}-vault-webhook"
PROVIDER_NAMESPACE = f"{RELEASE}-csi"
CONFIGURATION = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{NAME}"


class Images(NamedTuple):
    """The references of the product's images."""

    webhook: str
    launcher: str
    provider: str


class Release:
    """The release; its namespaces have a label, and the webhook of kustomize leaves them out."""

    def __init__(self, node: Node, folder: Path, images: Images) -> None:
        self.node, self.launcher = node, images.launcher
        self._helm = Helm(folder, node.cluster.kubeconfig)
        self._values = folder / "values.json"
        self._values.write_text(json.dumps(values(node, images)))

    def install(self, *arguments: str) -> None:
        """Install it, or upgrade it, and return when it is ready."""
        options = (
            "--install",
            f"--namespace={RELEASE}",
            f"--values={self._values}",
            "--wait",
            "--timeout=120s",
        )
        self._helm("upgrade", RELEASE, str(CHART), *options, *arguments)

    def upgrade(self) -> None:
        """Upgrade it to another setting, and return when it is ready."""
        self.install("--set", "env.LOG_LEVEL=debug")

    def ca_bundle(self) -> str:
        """Return the CAs that the API server trusts."""
        found = self.node.cluster.request("GET", CONFIGURATION)["webhooks"][0]
        return str(found["clientConfig"]["caBundle"])

    def renew_certificate(self) -> None:
        """Request a new CA and certificate, and return when the API server trusts them."""
        before = self.ca_bundle()
        self.node.kubectl("delete", "secret", f"{NAME}-tls", f"--namespace={RELEASE}")
        eventually(lambda: self.ca_bundle() != before)

    def uninstall(self) -> None:
        """Uninstall it; without effect if it is not installed."""
        self._helm("uninstall", RELEASE, f"--namespace={RELEASE}", "--ignore-not-found", "--wait")

    def is_registered(self) -> bool:
        """Return whether the webhook has registered its kinds of objects."""
        return "rules" in self.node.cluster.request("GET", CONFIGURATION)["webhooks"][0]

    def objects(self) -> list[str]:
        """Return the names of all remaining objects of the release, except ending pods."""
        kinds = (
            "deployments,daemonsets,services,configmaps,secrets,leases,serviceaccounts,roles,rolebindings,networkpolicies,"
            "clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingadmissionpolicies"
        )
        labelled = f"--selector=app.kubernetes.io/instance={RELEASE}"
        found = self.node.kubectl("get", kinds, "--all-namespaces", "--output=name").split()
        own = self.node.kubectl("get", kinds, labelled, "--all-namespaces", "--output=name").split()
        return [*(name for name in found if RELEASE in name), *own]


def values(node: Node, images: Images) -> dict[str, Any]:
    settings = settings_of(node, images.launcher)
    del settings["VAULT_ENV_IMAGE"]
    return {
        "vault": {
            "address": settings.pop("VAULT_ADDR"),
            "allowedAddresses": [settings.pop("VAULT_ADDR_ALLOWLIST")],
        },
        "env": settings,
        "image": image(images.webhook),
        "vaultEnv": image(images.launcher),
        "sync": {"enabled": True, "namespace": f"{RELEASE}-sync"},
        "csi": {
            "enabled": True,
            "namespace": PROVIDER_NAMESPACE,
            "createNamespace": False,
            "image": image(images.provider),
            "caSecretName": TLS_SECRET,
            "env": {"VAULT_CACERT": "/vault-ca/ca.crt"},
        },
        "namespaceSelector": {"matchLabels": {"served": RELEASE}},
        "volumes": [{"name": "trust", "secret": {"secretName": TLS_SECRET}}],
        "volumeMounts": [{"name": "trust", "mountPath": "/trust", "readOnly": True}],
    }


def image(reference: str) -> dict[str, str]:
    repository, _, tag = reference.rpartition(":")
    return {"repository": repository, "tag": tag}


@pytest.fixture
def release(
    product: Product, node: Node, launcher_image: Image, provider_image: Image, tmp_path: Path
) -> Iterator[Release]:
    for name, level in ((RELEASE, "restricted"), (PROVIDER_NAMESPACE, "privileged")):
        node.cluster.create_namespace(name, **{"pod-security.kubernetes.io/enforce": level})
        node.cluster.apply(json.dumps(trust(node, name, TLS_SECRET)))
    launcher = node.registry.push("vault-env:by-helm", launcher_image)
    provider = node.registry.push("csi/provider:by-helm", provider_image)
    release = Release(node, tmp_path, Images(product.image, launcher, provider))
    left_out = {"key": "served", "operator": "NotIn", "values": [RELEASE]}
    places = [f"/webhooks/{number}/namespaceSelector/matchExpressions" for number in range(3)]
    patch_configuration(node, [{"op": "add", "path": f"{place}/-", "value": left_out} for place in places])
    yield release
    patch_configuration(node, [{"op": "remove", "path": f"{place}/1"} for place in places])
    release.uninstall()
    node.kubectl("delete", "namespace", RELEASE, PROVIDER_NAMESPACE, "--wait=false")


def patch_configuration(node: Node, patch: list[dict[str, Any]]) -> None:
    """Patch the webhook configuration of kustomize."""
    resource = ("mutatingwebhookconfiguration", "vault-webhook")
    node.kubectl("patch", *resource, "--type=json", f"--patch={json.dumps(patch)}")


def refused_while(pods: Pods, work: threading.Thread) -> tuple[int, list[str]]:
    """Return the number of Secrets accepted while the thread works, and the reasons of refusals."""
    accepted, refused = 0, []
    path = f"/api/v1/namespaces/{pods.namespace}/secrets?dryRun=All"
    while work.is_alive():
        answer = pods.node.cluster.answer("POST", path, {"metadata": {"generateName": "load-"}})
        accepted += answer.ok
        refused += [] if answer.ok else [answer.text]
    return accepted, refused


@pytest.mark.usefixtures("csi_driver")
def test_the_chart_is_installed_upgraded_under_load_and_uninstalled(
    release: Release, product: Product, node: Node, namespace: str, shell_image: str
) -> None:
    release.install()
    eventually(release.is_registered)
    node.kubectl("label", "namespace", namespace, f"served={RELEASE}")
    product.add(namespace)
    node.vault.put_secret(f"{CLUSTER_NAME}/data/{namespace}", test=SECRET)
    team = Pods(node, namespace, annotations(namespace))

    ways = Ways(team, shell_image)
    ways.begin()
    ways.expect()
    assert release.launcher in json.dumps(team.get("ways-reference")["spec"])

    before = release.ca_bundle()
    for change in (release.renew_certificate, release.upgrade):
        work = threading.Thread(target=change)
        work.start()
        accepted, refused = refused_while(team, work)
        assert refused == []
        assert accepted
    assert release.is_registered()
    assert release.ca_bundle() != before
    ways.begin("after")
    ways.expect("after")

    release.uninstall()
    eventually(lambda: release.objects() == [], lambda: str(release.objects()))
    assert ways.restarts() == 0
    node.kubectl("label", "namespace", namespace, "served-")
    assert team.finish("after", one(container(team, shell_image, "sh", "-c", "echo $KEY"))) == f"{SECRET}\n"
    assert release.launcher not in json.dumps(team.get("after")["spec"])
