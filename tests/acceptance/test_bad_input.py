"""Errors of users: each is one line with fault, place and remedy, and without a value."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, VAULT_NAME, Product
from tests.acceptance.test_isolation import PREFIX, annotations
from tests.servers.kubectl import KubectlFailed
from tests.servers.process import free_port
from tests.webhook.admission.test_review import review_of

OWN = f"{CLUSTER_NAME}/data/default/bad-input"


@pytest.fixture(scope="module", autouse=True)
def secrets(product: Product) -> None:
    product.vault.put_secret(OWN, key="hunter2")


def pod_with(value: str, **changed: str) -> dict[str, Any]:
    container = {
        "name": "app",
        "image": "busybox",
        "command": ["true"],
        "env": [{"name": "PASSWORD", "value": value}],
    }
    return {
        "metadata": {"annotations": annotations("default", **changed)},
        "spec": {"containers": [container]},
    }


def refusal_of(product: Product, template: dict[str, Any]) -> str:
    with pytest.raises(AssertionError) as refusal:
        product.create_pod("default", template)
    message = str(refusal.value)
    assert "admission webhook" in message
    assert "could not mutate object" in message
    return message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (f"vault:{OWN}", ["secret data key or template not defined", "vault:path#key"]),
        (f"vault:{OWN}#key#latest", ["version"]),
        (f"vault:{OWN}#", ["secret data key or template not defined"]),
    ],
)
def test_a_bad_reference_is_refused_at_admission(product: Product, value: str, words: list[str]) -> None:
    message = refusal_of(product, pod_with(value))
    assert "container app: variable PASSWORD" in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"vault_addr": "https://elsewhere.example.com"}, ["vault-addr", "VAULT_ADDR_ALLOWLIST"]),
        ({"vault_env_daemon": "yse"}, ["vault-env-daemon", "yse", "true or false"]),
        ({"vault_role": "{{ .nosuch }}"}, ["vault-role", "nosuch", "namespace"]),
    ],
)
def test_a_bad_annotation_is_refused_at_admission(
    product: Product, changed: dict[str, str], words: list[str]
) -> None:
    message = refusal_of(product, pod_with(f"vault:{OWN}#key", **changed))
    assert all(word in message for word in words), message


def test_an_unknown_annotation_is_a_warning(product: Product) -> None:
    template = pod_with(f"vault:{OWN}#key")
    template["metadata"]["annotations"][PREFIX + "vault-rolle"] = "x"
    manifest = {"apiVersion": "v1", "kind": "Pod", **template}
    manifest["metadata"]["name"] = "warned"
    done = product.cluster.kubectl.run("create", "-f", "-", stdin=json.dumps(manifest))
    assert done.returncode == 0, done.stderr
    assert f"unknown annotation {PREFIX}vault-rolle; did you mean {PREFIX}vault-role?" in done.stderr


@pytest.mark.parametrize(
    ("value", "changed", "words"),
    [
        (f"vault:{OWN}#missing", {}, ["PASSWORD", "key 'missing' not found under path", OWN]),
        (f"vault:{OWN}/missing#key", {}, ["PASSWORD", "path not found", f"{OWN}/missing"]),
        (f"vault:{OWN}#key#7", {}, ["PASSWORD", OWN, "7"]),
        (f"vault:{OWN}#key", {"vault_role": "nosuch"}, ["failed to request new Vault token", "vault-role"]),
        (f"vault:{OWN}#key", {"vault_path": "nosuch"}, ["failed to request new Vault token", "vault-path"]),
    ],
)
def test_the_launcher_names_a_missing_key_path_or_right(
    product: Product, value: str, changed: dict[str, str], words: list[str]
) -> None:
    done = product.run(product.create_pod("default", pod_with(value, **changed)))
    assert (done.returncode, done.stdout) == (1, "")
    (error,) = [line for line in done.stderr.splitlines() if "level=ERROR" in line]
    assert all(word in error for word in words), done.stderr
    assert "hunter2" not in done.stderr


def changed_container(product: Product, **variables: str) -> tuple[dict[str, Any], str]:
    """Return the pod's container with some variables changed after the webhook, and its token."""
    pod = product.create_pod("default", pod_with(f"vault:{OWN}#key"))
    container = pod["spec"]["containers"][0]
    unrelated = [entry for entry in container["env"] if entry["name"] not in variables]
    container["env"] = unrelated + [{"name": name, "value": value} for name, value in variables.items()]
    return container, product.token(pod)


def test_an_absent_vault_ends_the_start_in_time(product: Product) -> None:
    address = f"https://127.0.0.1:{free_port()}"
    container, token = changed_container(product, VAULT_ADDR=address, VAULT_ENV_TIMEOUT="1s")
    done = product.surroundings.run_container(container, token, product.launcher)
    assert (done.returncode, done.stdout) == (1, "")
    assert "failed to request new Vault token" in done.stderr
    assert "connection refused" in done.stderr
    assert "vault-addr" in done.stderr


def test_an_unknown_ca_is_named_with_the_remedy(product: Product, tmp_path: Path) -> None:
    container, token = changed_container(product, VAULT_CACERT="")
    untrusting = tmp_path / "no-ca.pem"
    untrusting.write_text("")
    surroundings = type(product.surroundings)(
        product.surroundings.folder, untrusting, product.surroundings.names
    )
    done = surroundings.run_container(container, token, product.launcher)
    assert (done.returncode, done.stdout) == (1, "")
    assert "x509: certificate signed by unknown authority" in done.stderr
    assert "ca-certificates" in done.stderr


def test_a_sealed_vault_refuses_a_secret_and_says_so(product: Product) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "sealed", "annotations": annotations("default", vault_serviceaccount="default")},
        "stringData": {"key": f"vault:{OWN}#key"},
    }
    product.vault.seal()
    try:
        with pytest.raises(KubectlFailed) as refusal:
            product.cluster.apply(json.dumps(manifest))
    finally:
        product.vault.unseal()
    message = str(refusal.value)
    assert f"https://{VAULT_NAME}" in message
    assert "sealed" in message
    product.cluster.apply(json.dumps(manifest))


def test_a_body_without_a_review_is_answered_400(product: Product) -> None:
    for body in (b"", b"{", b"[]", b'{"request": {}}'):
        answer = product.webhook.request("POST", f"{product.path('pods')}?timeout=10s", data=body)
        assert answer.status_code == 400
        assert answer.text.strip()


def forged_review() -> bytes:
    """Return a review of a Secret of another namespace, as a pod without the secret path could post it."""
    metadata = {"name": "forged", "annotations": annotations("default", vault_serviceaccount="default")}
    secret = {"metadata": metadata, "stringData": {"key": f"vault:{OWN}#key"}}
    return review_of(uid="forged-1", namespace="default", operation="CREATE", object=secret)


@pytest.mark.parametrize("path", ["/secrets", "/wrong/secrets?timeout=10s"])
def test_a_review_of_anybody_else_is_denied_without_a_trace_in_the_cluster(
    product: Product, path: str
) -> None:
    answer = product.webhook.request("POST", path, data=forged_review())
    assert answer.status_code == 403
    assert "patch" not in answer.text
    assert "forged" not in product.log.read_text()
    assert "forged" not in product.cluster.kubectl("--namespace=default", "get", "events", "--output=yaml")


def test_the_log_has_a_line_of_json_for_each_review_and_no_value(product: Product) -> None:
    text = product.log.read_text()
    assert "hunter2" not in text
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    reviewed = [line for line in lines if line["message"] == "reviewed"]
    assert {"uid", "resource", "namespace", "name", "outcome", "references", "ms"} <= reviewed[-1].keys()
    assert all(line["resource"] in {"pods", "secrets", "configmaps", "objects"} for line in reviewed)


def test_metrics_count_the_reviews_of_both_workers(product: Product) -> None:
    text = product.webhook.get("/metrics").text
    counted = {
        tuple(line.rpartition(" ")[::2])
        for line in text.splitlines()
        if line.startswith("vault_webhook_reviews_total{")
    }
    total = sum(float(count) for _, count in counted)
    lines = [json.loads(line) for line in product.log.read_text().splitlines() if line.startswith("{")]
    reviewed = sum(line["message"] in ("reviewed", "not an AdmissionReview") for line in lines)
    assert total == reviewed
