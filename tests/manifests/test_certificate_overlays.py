"""The overlays for certificates of others: the API server accepts them, and they leave out unneeded objects."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers.cluster import Cluster
from tests.servers.kubectl import Kubectl
from webhook.config.settings import read_settings

OVERLAYS = Path(__file__).parents[2] / "manifests/overlays"


def built(name: str, tmp_path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(Kubectl(tmp_path / "none")("kustomize", str(OVERLAYS / name))))


def one(documents: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (found,) = [document for document in documents if document["kind"] == kind]
    return found


@pytest.mark.servers
@pytest.mark.parametrize("name", ["files", "cert-manager"])
def test_the_settings_can_be_used_and_name_files_that_are_mounted(name: str, tmp_path: Path) -> None:
    documents = built(name, tmp_path)
    settings = read_settings(one(documents, "ConfigMap")["data"])
    assert settings.certificate == name
    pod = one(documents, "Deployment")["spec"]["template"]["spec"]
    (mount,) = [
        mount
        for mount in pod["containers"][0]["volumeMounts"]
        if mount["mountPath"] in settings.tls_cert_file
    ]
    assert mount["name"] in [volume["name"] for volume in pod["volumes"]]


@pytest.mark.servers
def test_with_files_nothing_is_left_that_only_a_self_managed_certificate_needs(tmp_path: Path) -> None:
    documents = built("files", tmp_path)
    assert "MutatingWebhookConfiguration" not in {document["kind"] for document in documents}
    assert "vault-webhook-certificate" not in {document["metadata"]["name"] for document in documents}


@pytest.mark.servers
def test_cert_manager_makes_the_certificate_that_is_mounted_and_injected(tmp_path: Path) -> None:
    documents = built("cert-manager", tmp_path)
    configuration = one(documents, "MutatingWebhookConfiguration")
    namespace, name = configuration["metadata"]["annotations"]["cert-manager.io/inject-ca-from"].split("/")
    (certificate,) = [
        document
        for document in documents
        if document["kind"] == "Certificate" and document["metadata"]["name"] == name
    ]
    assert certificate["metadata"]["namespace"] == namespace
    volumes = one(documents, "Deployment")["spec"]["template"]["spec"]["volumes"]
    assert certificate["spec"]["secretName"] in [
        volume.get("secret", {}).get("secretName") for volume in volumes
    ]
    service = one(documents, "Service")["metadata"]
    assert f"{service['name']}.{service['namespace']}.svc" in certificate["spec"]["dnsNames"]


@pytest.mark.parametrize("name", ["files", "cert-manager"])
def test_the_api_server_accepts_every_object_of_an_overlay(
    name: str, cluster: Cluster, tmp_path: Path
) -> None:
    documents = [
        each for each in built(name, tmp_path) if not each["apiVersion"].startswith("cert-manager.io/")
    ]
    for document in documents:
        if document["kind"] == "Namespace" or "namespace" not in document["metadata"]:
            text = yaml.safe_dump(document)
        else:
            text = yaml.safe_dump({**document, "metadata": {**document["metadata"], "namespace": "default"}})
        cluster.kubectl("apply", "--dry-run=server", "-f", "-", stdin=text)


@pytest.mark.parametrize("is_forgotten", [True, False])
def test_the_move_from_files_keeps_trust_only_if_kubectl_forgets_the_command(
    cluster: Cluster, is_forgotten: bool
) -> None:
    """The steps are those of docs/certificates.md, with another name and a selector of no object."""
    name = f"moved-{is_forgotten}".lower()
    nowhere = {"objectSelector": {"matchLabels": {"nowhere": "yes"}}, "namespaceSelector": {}}
    base = yaml.safe_load((OVERLAYS.parent / "base/webhook.yaml").read_text())
    manifest = {
        **base,
        "metadata": {"name": name},
        "webhooks": [{**each, **nowhere} for each in base["webhooks"]],
    }
    filled = copy.deepcopy(manifest)
    for each in filled["webhooks"]:
        each["clientConfig"]["caBundle"] = "Q0E="
    cluster.apply(json.dumps(filled))
    try:
        if is_forgotten:
            cluster.kubectl(
                "annotate",
                "mutatingwebhookconfiguration",
                name,
                "kubectl.kubernetes.io/last-applied-configuration-",
            )
        cluster.apply(json.dumps(manifest))
        found = cluster.request(
            "GET", f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{name}"
        )
        has_bundle = [each["clientConfig"].get("caBundle") == "Q0E=" for each in found["webhooks"]]
        assert has_bundle == 3 * [is_forgotten]
    finally:
        cluster.kubectl("delete", "mutatingwebhookconfiguration", name)
