"""A release on the real API server: installed, upgraded and removed. tests/cluster runs its pods."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.manifests.chart.rendering import CHART, ROOT
from tests.servers.cluster import Cluster
from tests.servers.helm import Helm, HelmFailed

CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
KINDS = (
    "deployments,daemonsets,services,configmaps,serviceaccounts,roles,rolebindings,networkpolicies,"
    "poddisruptionbudgets,clusterroles,clusterrolebindings,mutatingwebhookconfigurations,"
    "validatingadmissionpolicies,validatingadmissionpolicybindings,secrets,leases"
)


class Release:
    """A release whose webhook selects no namespace, because none of its pods runs here."""

    def __init__(self, helm: Helm, cluster: Cluster) -> None:
        self.helm, self.cluster = helm, cluster
        self.name = self.namespace = f"chart-{uuid.uuid4().hex[:8]}"
        self.full_name = f"{self.name}-vault-webhook"
        cluster.create_namespace(self.namespace)

    def make_certificate(self, *arguments: str) -> None:
        """Make the Secret of the certificate by the command in the chart's message."""
        secret = f"{self.full_name}-tls"
        names = (f"--namespace={self.namespace}", f"--service={self.full_name}", f"--secret={secret}")
        command = [sys.executable, "-m", "webhook", "certificate", "--only-secret", *names, *arguments]
        environ = {"KUBECONFIG": str(self.cluster.kubeconfig)}
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
        self.cluster.apply(done.stdout)

    def install_with_files(self, *arguments: str) -> str:
        """Install or upgrade the release with the certificate that was made."""
        return self.install("--set=certificate.mode=files", *arguments)

    def install(self, *arguments: str) -> str:
        """Install or upgrade the release, and return the notes."""
        nowhere = ("--set", "namespaceSelector.matchLabels.nowhere=yes")
        options = ("--install", f"--namespace={self.namespace}", *nowhere, *arguments)
        return self.helm("upgrade", self.name, str(CHART), *options)

    def uninstall(self) -> None:
        """Uninstall the release, if it is installed."""
        self.helm("uninstall", self.name, f"--namespace={self.namespace}", "--ignore-not-found")

    def objects(self) -> list[str]:
        """Return the names of all objects of the release, in all namespaces."""
        selector = f"--selector=app.kubernetes.io/instance={self.name}"
        return self.cluster.kubectl("get", KINDS, "--all-namespaces", selector, "--output=name").split()

    def clients(self) -> list[Any]:
        """Return the API server's client configuration of each webhook."""
        found = self.cluster.request("GET", f"{CONFIGURATIONS}/{self.full_name}")
        return [webhook["clientConfig"] for webhook in found["webhooks"]]

    def certificate(self) -> Any:
        """Return the data of the certificate's Secret."""
        path = f"/api/v1/namespaces/{self.namespace}/secrets/{self.full_name}-tls"
        return self.cluster.request("GET", path)["data"]


@pytest.fixture
def release(cluster: Cluster, tmp_path: Path) -> Iterator[Release]:
    release = Release(Helm(tmp_path, cluster.kubeconfig), cluster)
    yield release
    release.uninstall()
    cluster.kubectl("delete", "namespace", release.namespace, "--wait=false")


def test_the_webhook_configuration_has_ca_and_path_of_the_secret(release: Release) -> None:
    release.make_certificate()
    notes = release.install_with_files()
    assert f"rollout status deployment/{release.full_name}" in notes
    assert "vault-webhook provision" in notes
    assert {client["caBundle"] for client in release.clients()} == {release.certificate()["ca.crt"]}
    paths = [client["service"]["path"] for client in release.clients()]
    assert [path.rpartition("/")[2] for path in paths] == ["pods", "secrets", "configmaps"]
    assert len({path.rpartition("/")[0] for path in paths}) == 1


def test_an_installation_without_the_secret_is_refused(release: Release) -> None:
    with pytest.raises(HelmFailed, match=f"there is no Secret {release.full_name}-tls in the namespace"):
        release.install_with_files()
    assert release.objects() == []


def test_an_upgrade_applies_a_renewed_certificate_under_the_same_path(release: Release) -> None:
    release.make_certificate()
    release.install_with_files()
    before = release.clients()
    release.make_certificate()
    release.install_with_files("--set", "replicaCount=3")
    after = release.clients()
    assert {client["caBundle"] for client in after} == {release.certificate()["ca.crt"]}
    assert after[0]["caBundle"] != before[0]["caBundle"]
    assert [client["service"]["path"] for client in after] == [client["service"]["path"] for client in before]
    path = f"/apis/apps/v1/namespaces/{release.namespace}/deployments/{release.full_name}"
    assert release.cluster.request("GET", path)["spec"]["replicas"] == 3


def test_an_upgrade_keeps_the_fields_filled_in_by_the_webhook(release: Release) -> None:
    release.install()
    assert "caBundle" not in release.clients()[0]
    fields = {"clientConfig/caBundle": "Q0E=", "clientConfig/service/path": "/secret/pods"}
    fields_and_rules = {
        **fields,
        "rules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}
        ],
    }
    patch = [
        {"op": "add", "path": f"/webhooks/0/{path}", "value": value}
        for path, value in fields_and_rules.items()
    ]
    resource = ("mutatingwebhookconfiguration", release.full_name)
    release.cluster.kubectl("patch", *resource, "--type=json", f"--patch={json.dumps(patch)}")
    secret = {"stringData": {"tls.key": "KEY"}}
    release.cluster.kubectl(
        f"--namespace={release.namespace}",
        "patch",
        "secret",
        f"{release.full_name}-tls",
        f"--patch={json.dumps(secret)}",
    )
    release.install("--set", "timeoutSeconds=15")
    found = release.cluster.request("GET", f"{CONFIGURATIONS}/{release.full_name}")["webhooks"][0]
    assert found["timeoutSeconds"] == 15
    assert found["clientConfig"]["caBundle"] == "Q0E="
    assert found["clientConfig"]["service"]["path"] == "/secret/pods"
    assert found["rules"][0]["resources"] == ["pods"]
    assert release.certificate() == {"tls.key": "S0VZ"}


def test_an_uninstallation_removes_lease_and_certificate_of_the_webhook(release: Release) -> None:
    release.install()
    assert f"lease.coordination.k8s.io/{release.full_name}" in release.objects()
    assert f"secret/{release.full_name}-tls" in release.objects()
    release.uninstall()
    assert release.objects() == []


def test_an_uninstallation_leaves_the_users_secret_and_the_definitions(release: Release) -> None:
    release.make_certificate()
    parts = [f"{part}.enabled=true,{part}.namespace={release.namespace}-{part}" for part in ("csi", "sync")]
    kinds = "objects.kinds={databases.example.com}"
    notes = release.install_with_files("--take-ownership", "--set", ",".join([*parts, kinds]))
    assert f"--namespace {release.namespace}-sync rollout status deployment/vault-webhook-sync" in notes
    assert {"daemonset.apps/vault-csi-provider", "deployment.apps/vault-webhook-sync"} <= set(
        release.objects()
    )
    assert len(release.objects()) > 20
    assert release.clients()[3]["service"]["path"].endswith("/objects")
    release.uninstall()
    assert release.objects() == []
    assert release.certificate()
    remaining = release.cluster.kubectl("get", "crd", f"--selector=app.kubernetes.io/instance={release.name}")
    assert remaining.count("secrets.hashicorp.com") == 7


@pytest.mark.parametrize(
    "values",
    sorted(set((CHART / "examples").iterdir()) - {CHART / "examples/cert-manager.yaml"}),
    ids=lambda path: path.stem,
)
def test_the_api_server_accepts_the_objects_of_each_example(release: Release, values: Path) -> None:
    release.install(f"--values={values}")


def test_an_upgrade_removes_the_binding_of_dropped_rights(release: Release) -> None:
    release.install()
    bound = f"clusterrolebinding.rbac.authorization.k8s.io/{release.full_name}-secrets"
    assert bound in release.objects()
    release.install("--set", f"rbac.secrets=namespaces,rbac.secretsNamespaces={{{release.namespace}}}")
    assert bound not in release.objects()
    assert f"rolebinding.rbac.authorization.k8s.io/{release.full_name}-secrets" in release.objects()


def test_the_api_server_finds_nothing_wrong_with_the_guard_of_the_chart(release: Release) -> None:
    release.install()
    path = f"/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/{release.full_name}-guard"
    status = release.cluster.request("GET", path).get("status", {})
    assert not status.get("typeChecking", {}).get("expressionWarnings")
