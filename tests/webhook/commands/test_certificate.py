"""`vault-webhook certificate`: manifests with a certificate that verifies, and a configuration that trusts it."""

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

ROOT = Path(__file__).parents[3]


def manifests(*arguments: str) -> tuple[dict[str, Any], dict[str, Any]]:
    command = [sys.executable, "-m", "webhook", "certificate", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    secret, configuration = yaml.safe_load_all(done.stdout)
    return secret, configuration


def decoded(secret: dict[str, Any], key: str) -> bytes:
    return base64.b64decode(secret["data"][key])


def verify(secret: dict[str, Any], name: str) -> None:
    store = Store(x509.load_pem_x509_certificates(decoded(secret, "ca.crt")))
    leaf = x509.load_pem_x509_certificate(decoded(secret, "tls.crt"))
    PolicyBuilder().store(store).build_server_verifier(x509.DNSName(name)).verify(leaf, [])


def test_the_certificate_is_the_services() -> None:
    secret, _ = manifests("--namespace", "ns", "--service", "hook")
    assert secret["metadata"] == {"name": "vault-webhook-tls", "namespace": "ns"}
    verify(secret, "hook.ns.svc")


def test_every_webhook_trusts_the_ca_and_calls_the_service() -> None:
    secret, configuration = manifests("--namespace", "ns", "--service", "hook")
    clients = [webhook["clientConfig"] for webhook in configuration["webhooks"]]
    assert {base64.b64decode(client["caBundle"]) for client in clients} == {decoded(secret, "ca.crt")}
    assert [client["service"]["path"] for client in clients] == ["/pods", "/secrets", "/configmaps"]
    assert {(client["service"]["namespace"], client["service"]["name"]) for client in clients} == {
        ("ns", "hook")
    }


def test_a_webhook_outside_the_cluster_is_called_by_its_url() -> None:
    _, configuration = manifests("--url", "https://127.0.0.1:8443/")
    clients = [webhook["clientConfig"] for webhook in configuration["webhooks"]]
    assert [client["url"] for client in clients] == [
        f"https://127.0.0.1:8443/{path}" for path in ("pods", "secrets", "configmaps")
    ]


def test_the_configuration_is_as_safe_as_the_manual_says() -> None:
    _, configuration = manifests()
    for webhook in configuration["webhooks"]:
        assert (webhook["failurePolicy"], webhook["reinvocationPolicy"]) == ("Fail", "IfNeeded")
        (excluded,) = webhook["namespaceSelector"]["matchExpressions"]
        assert {"kube-system", "vault-webhook"} <= set(excluded["values"])


def test_each_run_makes_a_new_key() -> None:
    assert manifests()[0]["data"]["tls.key"] != manifests()[0]["data"]["tls.key"]


@pytest.mark.parametrize("directory", ["docs"])
def test_a_missing_configuration_is_named(directory: str) -> None:
    command = [sys.executable, "-m", "webhook", "certificate"]
    done = subprocess.run(command, cwd=ROOT / directory, capture_output=True, text=True)
    assert done.returncode == 1
    assert "--file" in done.stderr
