"""`vault-webhook doctor` on the running product: no finding at first, then one for each of the manual's errors."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, ROOT, VAULT_NAME, Product
from tests.servers.images import image
from tests.servers.registry import Registry

ANNOTATED = (f"--mount={CLUSTER_NAME}", f"--address=https://{VAULT_NAME}")


def doctor(product: Product, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": os.environ["PATH"], "KUBECONFIG": str(product.cluster.kubeconfig), **variables}
    command = [sys.executable, "-m", "webhook", "doctor", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def states(output: str) -> dict[str, str]:
    """Return the result of each check by its name."""
    return {
        match[2]: match[1]
        for match in re.finditer(r"^(ok|WRONG|warning|unknown) +([^:]+):", output, re.MULTILINE)
    }


@pytest.fixture(autouse=True)
def ready(product: Product) -> Iterator[None]:
    """Set the status of the Deployment to ready: it has no pods here, as the webhook runs as a process."""
    path = "/apis/apps/v1/namespaces/vault-webhook/deployments/vault-webhook/status"
    found = product.cluster.request("GET", path)
    status = {**found.get("status", {}), "replicas": 2, "readyReplicas": 2}
    product.cluster.request("PUT", path, {**found, "status": status})
    yield


def test_nothing_is_wrong_with_a_good_installation(product: Product, anonymous_registry: Registry) -> None:
    app = anonymous_registry.push("doctor/app:1", image(entrypoint=["/app"]))
    done = doctor(product, "default", "--role=default", *ANNOTATED, f"--image={app}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(states(done.stdout).values()) == {"ok"}, done.stdout
    assert [check for check in states(done.stdout) if check[0].isdigit()] == [
        "1 login at Vault",
        "2 certificate of Vault",
        "3 role of the namespace",
        "4 token of the ServiceAccount",
        "5 image in its registry",
        "6 address in the pod",
    ]
    assert "\033" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "check", "remedy"),
    [
        (("--role=nobody", *ANNOTATED), "1 login at Vault", "vault-role"),
        (("--role=default", "--mount=nowhere", ANNOTATED[1]), "3 role of the namespace", "vault-path"),
        (("--role=shop", *ANNOTATED), "3 role of the namespace", "vault-webhook provision"),
        (
            ("--role=default", *ANNOTATED, "--service-account=nobody"),
            "4 token of the ServiceAccount",
            "name one of the namespace",
        ),
    ],
)
def test_an_error_of_the_manual_is_reported_with_its_remedy(
    product: Product, arguments: tuple[str, ...], check: str, remedy: str
) -> None:
    done = doctor(product, "default", *arguments)
    assert done.returncode == 1, done.stdout
    assert [name for name, state in states(done.stdout).items() if state == "WRONG"] == [check], done.stdout
    assert re.search(rf"WRONG +{check}: .*\n +do: .*{remedy}", done.stdout), done.stdout


def test_a_private_image_without_pull_secret_is_wrong(product: Product, bearer_registry: Registry) -> None:
    app = bearer_registry.push("doctor/private:1", image(entrypoint=["/app"]))
    done = doctor(product, "default", "--role=default", *ANNOTATED, f"--image={app}")
    assert states(done.stdout)["5 image in its registry"] == "WRONG", done.stdout
    assert "imagePullSecrets" in done.stdout


def test_a_service_account_without_token_is_wrong(product: Product) -> None:
    account = {"metadata": {"generateName": "no-token-"}, "automountServiceAccountToken": False}
    made = product.cluster.request("POST", "/api/v1/namespaces/default/serviceaccounts", account)
    name = made["metadata"]["name"]
    done = doctor(product, "default", "--role=default", *ANNOTATED, f"--service-account={name}")
    assert states(done.stdout)["4 token of the ServiceAccount"] == "WRONG", done.stdout
    assert f"ServiceAccount default/{name} mounts no token" in done.stdout


def test_a_namespace_excluded_from_the_webhook_is_wrong(product: Product) -> None:
    done = doctor(product, "vault-webhook", "--service-account=vault-webhook", *ANNOTATED)
    assert done.returncode == 1
    assert "did not get the launcher" in done.stdout
    assert "namespaceSelector" in done.stdout


def test_a_webhook_name_that_does_not_exist_is_wrong(product: Product) -> None:
    done = doctor(product, "default", "--webhook-name=other", *ANNOTATED)
    assert states(done.stdout)["webhook configuration"] == "WRONG", done.stdout
    assert "there is no MutatingWebhookConfiguration other" in done.stdout


def test_the_doctor_leaves_no_object_in_the_cluster(product: Product) -> None:
    doctor(product, "default", "--role=default", *ANNOTATED)
    found = json.loads(product.cluster.kubectl("get", "pods,secrets", "--output=json"))
    assert "vault-webhook-doctor" not in [item["metadata"]["name"] for item in found["items"]]


def test_an_unusable_kubeconfig_is_named(product: Product) -> None:
    done = doctor(product, "default", KUBECONFIG="/nonexistent")
    assert done.returncode == 2
    assert "KUBECONFIG /nonexistent" in done.stderr
