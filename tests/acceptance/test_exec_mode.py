"""A Deployment with HashiCorp's annotations in exec mode, through the real API server."""

import json
from typing import Any

import pytest
import yaml

from tests.acceptance.conftest import ROOT, VAULT_NAME, Product
from tests.servers.cluster import trust_in_vault
from tests.servers.vault import Vault
from vaultenv.template_sources import TemplateSource, parse_sources

MANIFEST = yaml.safe_load((ROOT / "docs/examples/hashicorp.yaml").read_text())
STATUS = "vault.hashicorp.com/agent-inject-status"
PATH = "secret/data/spitikos/api"
SIDECAR = "vault.hashicorp.com/agent-run-as-sidecar"


@pytest.fixture(scope="module")
def pod(product: Product) -> dict[str, Any]:
    template = json.loads(json.dumps(MANIFEST["spec"]["template"]))
    template["metadata"]["annotations"]["vault.hashicorp.com/service"] = f"https://{VAULT_NAME}"
    return product.create_pod("default", template)


def variables(pod: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in pod["spec"]["containers"][0]["env"]}


def test_the_pod_has_the_launcher_before_its_server_and_no_other_container(pod: dict[str, Any]) -> None:
    (container,) = pod["spec"]["containers"]
    assert (container["command"], container["args"]) == (["/vault/vault-env"], ["/server"])
    assert [one["name"] for one in pod["spec"]["initContainers"]] == ["copy-vault-env"]
    assert pod["metadata"]["annotations"][STATUS] == "injected"


def test_the_launcher_gets_path_template_and_login_as_variables(pod: dict[str, Any]) -> None:
    annotations = MANIFEST["spec"]["template"]["metadata"]["annotations"]
    template = annotations["vault.hashicorp.com/agent-inject-template-config.env"]
    found = variables(pod)
    assert (found["VAULT_ROLE"], found["VAULT_AUTH_METHOD"]) == ("api", "kubernetes")
    text = found["VAULT_ENV_TEMPLATES"].replace("$$", "$")
    assert parse_sources(text) == (TemplateSource("config.env", "secret/data/spitikos/api", template),)


@pytest.fixture(scope="module")
def vault(product: Product) -> Vault:
    """Yield Vault with the auth method, role and policy of the manifest's annotations."""
    trust_in_vault(product.cluster, product.vault)
    product.vault.policy("api", f'path "{PATH}" {{ capabilities = ["read"] }}')
    product.vault.write(
        "auth/kubernetes/role/api",
        {
            "bound_service_account_names": "default",
            "bound_service_account_namespaces": "default",
            "policies": "api",
        },
    )
    return product.vault


def printing(pod: dict[str, Any]) -> dict[str, Any]:
    """Return the pod with a program that prints its environment."""
    started: dict[str, Any] = json.loads(json.dumps(pod))
    started["spec"]["containers"][0]["args"] = ["/usr/bin/env"]
    return started


def test_the_program_gets_each_key_of_the_secret(product: Product, vault: Vault, pod: dict[str, Any]) -> None:
    vault.put_secret(PATH, DB_URL="postgres://u:p@db/x?a=b", API_KEY="of-exec-mode")
    done = product.run(printing(pod))
    assert done.returncode == 0, done.stderr
    found = set(done.stdout.splitlines())
    assert {"DB_URL=postgres://u:p@db/x?a=b", "API_KEY=of-exec-mode"} <= found
    assert not [line for line in found if line.startswith("VAULT_")]


def test_a_deleted_secret_of_a_template_ends_the_start(
    product: Product, vault: Vault, pod: dict[str, Any]
) -> None:
    vault.put_secret(PATH, KEY="of-exec-mode")
    vault.request("DELETE", PATH)
    done = product.run(printing(pod))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"path not found: {PATH}: version" in done.stderr
    assert "(Code: 404) (template config.env)" in done.stderr


def test_a_pod_that_already_has_the_launcher_is_unchanged(product: Product, pod: dict[str, Any]) -> None:
    again = product.create_pod(
        "default", {"metadata": {"annotations": pod["metadata"]["annotations"]}, "spec": pod["spec"]}
    )
    assert again["spec"] == pod["spec"]


def test_a_sidecar_leaves_the_command_of_the_program_unchanged(product: Product) -> None:
    template = json.loads(json.dumps(MANIFEST["spec"]["template"]))
    template["metadata"]["annotations"].update(
        {SIDECAR: "true", "vault.hashicorp.com/service": f"https://{VAULT_NAME}"}
    )
    template["spec"]["containers"][0]["command"] = ["/server"]
    stored = product.create_pod("default", template)
    server, agent = stored["spec"]["containers"]
    assert (server["command"], agent["name"]) == (["/server"], "vault-agent")
    assert [one["name"] for one in stored["spec"]["initContainers"]] == ["vault-agent-init"]
    assert stored["metadata"]["annotations"][STATUS] == "injected"
