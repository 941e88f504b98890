"""Pods with files, through the real API server, in a namespace that admits only PodSecurity `restricted`."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.conftest import VAULT_NAME, Product
from vaultenv.agent_document import parse_agent
from vaultenv.agent_settings import AgentFile, AgentSettings
from vaultenv.template_sources import TemplateSource

NAMESPACE = "files-restricted"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
PREFIX = "vault.hashicorp.com/"
FILES = {
    PREFIX + "agent-inject": "true",
    PREFIX + "role": "app",
    PREFIX + "service": f"https://{VAULT_NAME}",
    PREFIX + "agent-inject-secret-db": "secret/data/db",
}
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
APP = {"name": "app", "image": "app:1", "command": ["/app"], "securityContext": RESTRICTED}


@pytest.fixture(scope="module")
def restricted(product: Product) -> Iterator[Product]:
    product.cluster.create_namespace(NAMESPACE, **{"pod-security.kubernetes.io/enforce": "restricted"})
    yield product
    product.cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def create(product: Product, annotations: dict[str, str], **spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"annotations": {**FILES, **annotations}},
        "spec": {"containers": [APP], **spec},
    }
    return product.create_pod(NAMESPACE, template)


def agents(pod: dict[str, Any]) -> dict[str, dict[str, Any]]:
    every = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    return {each["name"]: each for each in every if each["name"] != "app"}


def settings(container: dict[str, Any]) -> AgentSettings:
    text = next(entry["value"] for entry in container["env"] if entry["name"] == "VAULT_ENV_AGENT")
    return parse_agent(text.replace("$$", "$"))


def test_a_restricted_namespace_admits_the_agent_beside_the_program(restricted: Product) -> None:
    pod = create(restricted, {})
    found = agents(pod)
    assert list(found) == ["vault-agent-init", "vault-agent"]
    assert pod["metadata"]["annotations"][PREFIX + "agent-inject-status"] == "injected"
    for container in found.values():
        assert settings(container).files == (
            AgentFile(TemplateSource("db", "secret/data/db", default="map"), "/vault/secrets/db"),
        )
        assert [mount["mountPath"] for mount in container["volumeMounts"]].count(ACCOUNT) == 1
    app = pod["spec"]["containers"][0]
    (files,) = [mount for mount in app["volumeMounts"] if mount["name"] == "vault-secrets"]
    assert (files["mountPath"], files["readOnly"]) == ("/vault/secrets", True)


EVERYTHING = {
    PREFIX + "agent-inject-token": "true",
    PREFIX + "agent-extra-secret": "more",
    PREFIX + "tls-secret": "ca",
    PREFIX + "ca-cert": "/vault/tls/ca.crt",
    PREFIX + "secret-volume-path-db": "/etc/db",
    PREFIX + "agent-revoke-on-shutdown": "true",
    PREFIX + "agent-cache-enable": "true",
    PREFIX + "agent-run-as-same-user": "true",
    PREFIX + "agent-share-process-namespace": "true",
    PREFIX + "agent-limits-ephemeral": "16Mi",
}


@pytest.mark.parametrize("sidecar", ["container", "native"])
def test_a_restricted_namespace_admits_everything_that_annotations_add(
    restricted: Product, sidecar: str
) -> None:
    key = "vault.security.banzaicloud.io/vault-agent-"
    own = {f"{key}sidecar": sidecar, f"{key}probes": "readiness,liveness"}
    pod = create(restricted, {**EVERYTHING, **own})
    agent = agents(pod)["vault-agent"]
    assert agent["securityContext"]["runAsUser"] == 1000
    assert agent["readinessProbe"]["exec"]["command"][-1] == "ready"
    assert agent.get("restartPolicy") == ("Always" if sidecar == "native" else None)
    assert ("startupProbe" in agent) is (sidecar == "native")
    assert pod["spec"]["shareProcessNamespace"] is True


def test_a_pod_that_ends_by_itself_has_one_agent_that_ends_with_it(restricted: Product) -> None:
    pod = create(restricted, {}, restartPolicy="Never")
    assert [each["name"] for each in pod["spec"]["containers"]] == ["app"]
    assert agents(pod)["vault-agent"]["restartPolicy"] == "Always"


def test_a_pod_without_a_token_gets_one_for_its_agent_only(restricted: Product) -> None:
    pod = create(restricted, {}, automountServiceAccountToken=False)
    for container in agents(pod).values():
        assert ACCOUNT in [mount["mountPath"] for mount in container["volumeMounts"]]
    assert ACCOUNT not in [mount["mountPath"] for mount in pod["spec"]["containers"][0]["volumeMounts"]]


def test_a_refusal_names_every_annotation_that_cannot_be_used(restricted: Product) -> None:
    bad = {PREFIX + "agent-inject-file-db": "../db", PREFIX + "agent-inject-containers": "web"}
    with pytest.raises(
        AssertionError,
        match=r"(?s)agent-inject-file-db.*no container web|no container web.*agent-inject-file-db",
    ):
        create(restricted, bad)
