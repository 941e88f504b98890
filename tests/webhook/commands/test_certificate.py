"""`vault-webhook certificate`: manifests with a certificate that verifies, and a configuration that trusts it."""

import base64
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

ROOT = Path(__file__).parents[3]
ENVIRON = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def manifests(*arguments: str) -> tuple[dict[str, Any], dict[str, Any]]:
    secret, configuration = printed(*(arguments or ["--new"]))
    return secret, configuration


def printed(*arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "webhook", "certificate", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRON, capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(done.stdout))


def decoded(secret: dict[str, Any], key: str) -> bytes:
    return base64.b64decode(secret["data"][key])


def verify(secret: dict[str, Any], name: str) -> None:
    store = Store(x509.load_pem_x509_certificates(decoded(secret, "ca.crt")))
    leaf = x509.load_pem_x509_certificate(decoded(secret, "tls.crt"))
    PolicyBuilder().store(store).build_server_verifier(x509.DNSName(name)).verify(leaf, [])


def test_the_certificate_is_the_services() -> None:
    secret, _ = manifests("--new", "--namespace", "ns", "--service", "hook")
    assert secret["metadata"] == {"name": "vault-webhook-tls", "namespace": "ns"}
    verify(secret, "hook.ns.svc")


def test_every_webhook_trusts_the_ca_and_calls_the_service() -> None:
    secret, configuration = manifests("--new", "--namespace", "ns", "--service", "hook")
    clients = [webhook["clientConfig"] for webhook in configuration["webhooks"]]
    assert {base64.b64decode(client["caBundle"]) for client in clients} == {decoded(secret, "ca.crt")}
    segment = segments(secret)[0]
    paths = [client["service"]["path"] for client in clients]
    assert paths == [f"/{segment}/pods", f"/{segment}/secrets", f"/{segment}/configmaps"]
    assert {(client["service"]["namespace"], client["service"]["name"]) for client in clients} == {
        ("ns", "hook")
    }


def test_a_webhook_outside_the_cluster_is_called_by_its_url() -> None:
    secret, configuration = manifests("--new", "--url", "https://127.0.0.1:8443/")
    clients = [webhook["clientConfig"] for webhook in configuration["webhooks"]]
    assert [client["url"] for client in clients] == [
        f"https://127.0.0.1:8443/{segments(secret)[0]}/{path}" for path in ("pods", "secrets", "configmaps")
    ]


def test_the_configuration_is_as_safe_as_the_manual_says() -> None:
    _, configuration = manifests()
    for webhook in configuration["webhooks"]:
        assert (webhook["failurePolicy"], webhook["reinvocationPolicy"]) == ("Fail", "IfNeeded")
        (excluded,) = webhook["namespaceSelector"]["matchExpressions"]
        assert {"kube-system", "vault-webhook"} <= set(excluded["values"])


def test_each_run_makes_a_new_key() -> None:
    assert manifests()[0]["data"]["tls.key"] != manifests()[0]["data"]["tls.key"]


def segments(secret: dict[str, Any]) -> list[str]:
    return decoded(secret, "path-segments").decode().split()


def renewed(secret: dict[str, Any], folder: Path, *arguments: str) -> tuple[dict[str, Any], dict[str, Any]]:
    file = folder / "secret.yaml"
    file.write_text(yaml.safe_dump(secret))
    return manifests("--current", str(file), *arguments)


def bundle(configuration: dict[str, Any]) -> bytes:
    return base64.b64decode(configuration["webhooks"][0]["clientConfig"]["caBundle"])


def test_each_installation_has_a_path_of_its_own() -> None:
    paths = {segments(manifests()[0])[0] for _ in range(3)}
    assert len(paths) == 3
    assert all(re.fullmatch("[0-9a-f]{48}", path) for path in paths)


def test_a_renewal_trusts_the_old_certificate_and_the_new_one(tmp_path: Path) -> None:
    old, _ = manifests()
    new, configuration = renewed(old, tmp_path)
    trusted = x509.load_pem_x509_certificates(bundle(configuration))
    for secret in (old, new):
        leaf = x509.load_pem_x509_certificate(decoded(secret, "tls.crt"))
        verifier = PolicyBuilder().store(Store(trusted)).build_server_verifier
        verifier(x509.DNSName("vault-webhook.vault-webhook.svc")).verify(leaf, [])


def test_a_renewal_keeps_the_path_and_forgets_the_ca_before_the_last(tmp_path: Path) -> None:
    first, _ = manifests()
    second, _ = renewed(first, tmp_path)
    third, configuration = renewed(second, tmp_path)
    assert segments(third) == segments(first)
    assert len(x509.load_pem_x509_certificates(bundle(configuration))) == 2


def test_a_changed_path_was_known_before_and_the_last_one_stays_known(tmp_path: Path) -> None:
    old, _ = manifests()
    new, configuration = renewed(old, tmp_path, "--rotate-path")
    used = configuration["webhooks"][0]["clientConfig"]["service"]["path"].split("/")[1]
    assert used == segments(new)[0] == segments(old)[1]
    assert segments(old)[0] in segments(new)
    newest, _ = renewed(new, tmp_path, "--rotate-path")
    assert segments(old)[0] not in segments(newest)


def test_a_run_without_a_kubeconfig_names_the_option_current() -> None:
    command = [sys.executable, "-m", "webhook", "certificate"]
    done = subprocess.run(command, cwd="/", env=ENVIRON, capture_output=True, text=True, check=True)
    assert "--current" in done.stderr


@pytest.mark.parametrize(
    "text",
    ["[]", "{", "data: {ca.crt: '!'}", "data: {path-segments: /w==}", "data: {path-segments: c2hvcnQ=}"],
)
def test_an_earlier_secret_that_cannot_be_read_is_an_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(text)
    command = [sys.executable, "-m", "webhook", "certificate", "--current", str(tmp_path / "secret.yaml")]
    done = subprocess.run(command, env=ENVIRON, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--new" in done.stderr


def test_a_missing_configuration_is_named() -> None:
    command = [sys.executable, "-m", "webhook", "certificate", "--new", "--file", "missing.yaml"]
    done = subprocess.run(command, env=ENVIRON, capture_output=True, text=True)
    assert done.returncode == 1
    assert "missing.yaml" in done.stderr


def test_the_option_for_the_chart_prints_only_the_secret() -> None:
    assert [document["kind"] for document in printed("--new", "--only-secret")] == ["Secret"]


@pytest.mark.parametrize(
    "option",
    [
        *("--days=0", "--days=-5", "--days=9000000", "--days=x"),
        *(
            "--url=hook.example",
            "--url=http://h:1",
            "--url=https://",
            "--url=https://h/?a",
            "--url=https://ä.example",
        ),
        *("--namespace=ä", "--service=a b", "--secret="),
    ],
)
def test_an_option_of_which_no_certificate_can_be_made_is_named(option: str) -> None:
    command = [sys.executable, "-m", "webhook", "certificate", "--new", option]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRON, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"argument {option.partition('=')[0]}: " in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "text", ["", "a: 1", "[]", "[", "text", "webhooks: [{clientConfig: {url: https://h}}]", "webhooks: []"]
)
def test_a_file_that_is_no_configuration_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text(text)
    command = [sys.executable, "-m", "webhook", "certificate", "--new", "--file", "configuration.yaml"]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRON, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "--file configuration.yaml: not a webhook configuration" in done.stderr


def test_a_configuration_of_ones_own_is_filled_in(tmp_path: Path) -> None:
    service = "{service: {name: a, namespace: b, path: /pods}}"
    (tmp_path / "own.yaml").write_text(f"webhooks: [{{name: own, clientConfig: {service}}}]\n---\n")
    secret, configuration = manifests("--new", "--file", str(tmp_path / "own.yaml"))
    (client,) = [webhook["clientConfig"] for webhook in configuration["webhooks"]]
    assert client["service"]["path"] == f"/{segments(secret)[0]}/pods"
