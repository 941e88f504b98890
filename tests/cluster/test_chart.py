"""The Helm chart on the node, as the webhook of some namespaces: installed, upgraded under load, uninstalled with nothing left."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.node import Node
from tests.cluster.pods import Pods, eventually
from tests.cluster.product import CLUSTER_NAME, SECRET, TLS_SECRET, Product, annotations, settings_of, trust
from tests.cluster.test_containers import container, one
from tests.manifests.chart.rendering import CHART
from tests.servers.helm import Helm
from tests.servers.images import Image

RELEASE = "by-helm"
NAME = f"{RELEASE}-vault-webhook"
CONFIGURATION = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{NAME}"


class Release:
    """The release, whose namespaces have a label, and are left out by the webhook of kustomize."""

    def __init__(self, node: Node, folder: Path, webhook: str, launcher: str) -> None:
        self.node, self.launcher = node, launcher
        self._helm = Helm(folder, node.cluster.kubeconfig)
        self._values = folder / "values.json"
        self._values.write_text(json.dumps(values(node, webhook, launcher)))

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

    def uninstall(self) -> None:
        """Uninstall it; without effect if it is not installed."""
        self._helm("uninstall", RELEASE, f"--namespace={RELEASE}", "--ignore-not-found", "--wait")

    def is_registered(self) -> bool:
        """Return whether the webhook has told the API server what to send it."""
        return "rules" in self.node.cluster.request("GET", CONFIGURATION)["webhooks"][0]

    def objects(self) -> list[str]:
        """Return the names of all that is left of it, but for the pods that end."""
        kinds = (
            "deployments,services,configmaps,secrets,leases,serviceaccounts,roles,rolebindings,networkpolicies,"
            "clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingadmissionpolicies"
        )
        found = self.node.kubectl("get", kinds, "--all-namespaces", "--output=name").split()
        return [name for name in found if RELEASE in name]


def values(node: Node, webhook: str, launcher: str) -> dict[str, Any]:
    settings = settings_of(node, launcher)
    del settings["VAULT_ENV_IMAGE"]
    repository, _, tag = webhook.rpartition(":")
    launcher_repository, _, launcher_tag = launcher.rpartition(":")
    return {
        "vault": {
            "address": settings.pop("VAULT_ADDR"),
            "allowedAddresses": [settings.pop("VAULT_ADDR_ALLOWLIST")],
        },
        "env": settings,
        "image": {"repository": repository, "tag": tag},
        "vaultEnv": {"repository": launcher_repository, "tag": launcher_tag},
        "namespaceSelector": {"matchLabels": {"served": RELEASE}},
        "volumes": [{"name": "trust", "secret": {"secretName": TLS_SECRET}}],
        "volumeMounts": [{"name": "trust", "mountPath": "/trust", "readOnly": True}],
    }


@pytest.fixture
def release(product: Product, node: Node, launcher_image: Image, tmp_path: Path) -> Iterator[Release]:
    node.cluster.create_namespace(RELEASE, **{"pod-security.kubernetes.io/enforce": "restricted"})
    node.cluster.apply(json.dumps(trust(node, RELEASE, TLS_SECRET)))
    launcher = node.registry.push("vault-env:by-helm", launcher_image)
    release = Release(node, tmp_path, product.image, launcher)
    left_out = {"key": "served", "operator": "NotIn", "values": [RELEASE]}
    places = [f"/webhooks/{number}/namespaceSelector/matchExpressions" for number in range(3)]
    patch_configuration(node, [{"op": "add", "path": f"{place}/-", "value": left_out} for place in places])
    yield release
    patch_configuration(node, [{"op": "remove", "path": f"{place}/1"} for place in places])
    release.uninstall()
    node.kubectl("delete", "namespace", RELEASE, "--wait=false")


def patch_configuration(node: Node, patch: list[dict[str, Any]]) -> None:
    """Patch the webhook configuration of kustomize."""
    resource = ("mutatingwebhookconfiguration", "vault-webhook")
    node.kubectl("patch", *resource, "--type=json", f"--patch={json.dumps(patch)}")


def refused_while(pods: Pods, work: threading.Thread) -> tuple[int, list[str]]:
    """Return how many Secrets were taken while the thread works, and why others were not."""
    taken, refused = 0, []
    path = f"/api/v1/namespaces/{pods.namespace}/secrets?dryRun=All"
    while work.is_alive():
        answer = pods.node.cluster.answer("POST", path, {"metadata": {"generateName": "load-"}})
        taken += answer.ok
        refused += [] if answer.ok else [answer.text]
    return taken, refused


def test_from_an_installation_to_nothing_left(
    release: Release, product: Product, node: Node, namespace: str, shell_image: str
) -> None:
    release.install()
    eventually(release.is_registered)
    node.kubectl("label", "namespace", namespace, f"served={RELEASE}")
    product.add(namespace)
    node.vault.put_secret(f"{CLUSTER_NAME}/data/{namespace}", test=SECRET)
    team = Pods(node, namespace, annotations(namespace))

    team.start("stays", one(container(team, shell_image, "sh", "-c", "echo $KEY; sleep 1000")))
    team.expect("stays", f"{SECRET}\n")
    assert release.launcher in json.dumps(team.get("stays")["spec"])

    upgrade = threading.Thread(target=release.install, args=("--set", "env.LOG_LEVEL=debug"))
    upgrade.start()
    taken, refused = refused_while(team, upgrade)
    assert refused == []
    assert taken > 100
    assert release.is_registered()

    release.uninstall()
    eventually(lambda: release.objects() == [], lambda: str(release.objects()))
    assert team.get("stays")["status"]["containerStatuses"][0]["restartCount"] == 0
    node.kubectl("label", "namespace", namespace, "served-")
    assert team.finish("after", one(container(team, shell_image, "sh", "-c", "echo $KEY"))) == f"{SECRET}\n"
    assert release.launcher not in json.dumps(team.get("after")["spec"])
