"""The six errors of the manual, each made on the cluster: the message names cause and remedy."""

import json
import re

import pytest

from tests.cluster import images
from tests.cluster.pods import Pods
from tests.cluster.product import VAULT_ADDRESS, Product
from tests.cluster.test_containers import container, one
from tests.servers.authority import Authority
from tests.servers.kubectl import KubectlFailed


def spec_of(team: Pods, image: str, **more: object) -> dict[str, object]:
    """Return a pod whose program would print its secret."""
    app = container(team, image, "sh", "-c", "echo $KEY")
    app["env"].append({"name": "VAULT_ENV_TIMEOUT", "value": "3s"})
    return one(app, **more)


def test_1_a_wrong_path_of_the_login(team: Pods, shell_image: str) -> None:
    log = team.fail("app", spec_of(team, shell_image), vault_path="nowhere")

    assert f"PUT {VAULT_ADDRESS}/v1/auth/nowhere/login Code: 403" in log
    for annotation in ("vault-addr", "vault-role", "vault-path"):
        assert annotation in log


def test_2_a_certificate_of_an_unknown_authority(team: Pods, shell_image: str) -> None:
    stranger = Authority(team.node.cluster.kubeconfig.parent / "stranger").ca_file.read_text()
    secret = {"metadata": {"name": "other-ca"}, "stringData": {"ca.crt": stranger}}
    team.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Secret", **secret}))

    log = team.fail("app", spec_of(team, shell_image), vault_tls_secret="other-ca")

    assert "failed to request new Vault token" in log
    assert "x509: certificate signed by unknown authority" in log
    assert "it does not come from the CA certificates in VAULT_CACERT: put Vault's CA there" in log
    assert "vault-tls-secret" in log


def test_3_the_role_of_another_namespace(team: Pods, shell_image: str) -> None:
    role = f"auth/09999-demo-cluster/role/of-another-{team.namespace}"
    bound = {"bound_service_account_names": "*", "bound_service_account_namespaces": "another"}
    team.node.vault.write(role, {**bound, "token_policies": "default"})

    log = team.fail("app", spec_of(team, shell_image), vault_role=f"of-another-{team.namespace}")

    assert "failed to request new Vault token" in log
    assert re.search(r"Code: 403\b.*namespace not authorized", log)
    assert "vault-role" in log


def test_4_no_service_account_token(team: Pods, shell_image: str) -> None:
    spec = spec_of(team, shell_image, automountServiceAccountToken=False)
    try:
        message = team.fail("app", spec)
    except KubectlFailed as refused:
        message = str(refused)

    assert "serviceaccount/token: no such file or directory" in message
    assert "automountServiceAccountToken" in message


def test_5_no_pull_secret(team: Pods, product: Product) -> None:
    image = team.node.private_registry.push(
        "01408-fakecompany/myrepo:v1.0.0", images.show("none", cmd=["KEY"])
    )

    with pytest.raises(KubectlFailed) as refused:
        team.create("app", one(container(team, image)))

    message = str(refused.value)
    path = "/v2/01408-fakecompany/myrepo/manifests/v1.0.0"
    assert "could not mutate object: cannot fetch image descriptor: " in message
    assert f"GET https://registry.services.k8s.true.nl{path}: UNAUTHORIZED: " in message, product.log()
    assert "container app" in message
    assert "imagePullSecrets" in message


def test_6_the_launcher_in_a_command_that_the_webhook_did_not_change(team: Pods, shell_image: str) -> None:
    team.start("app", one(container(team, shell_image, "sh", "-c", "sleep 1000")))
    without = ["env", "-u", "VAULT_ADDR", "VAULT_ENV_TIMEOUT=1s", "/vault/vault-env", "env"]

    with pytest.raises(KubectlFailed) as failed:
        team.execute("app", *without)

    message = str(failed.value)
    assert "https://127.0.0.1:8200/v1/auth/09999-demo-cluster/login" in message
    assert "dial tcp 127.0.0.1:8200: connect: connection refused" in message
    assert "vault-addr annotation" in message
