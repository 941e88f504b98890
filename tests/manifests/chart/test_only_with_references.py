"""`pods.onlyWithReferences`: the webhook would not change any pod that the API server does not send.

The real API server evaluates the condition. The webhook that it calls does not exist, so a pod that is sent is refused.
"""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.manifests.chart.rendering import OF_FILES, render
from tests.servers.cluster import Cluster
from tests.servers.helm import Helm
from tests.webhook.generated import PODS
from tests.webhook.serving.test_app import Served

REFERENCE = "vault:secret/data/app#password"


class Sending:
    """A namespace whose pods may be sent to a webhook that does not exist."""

    def __init__(self, cluster: Cluster, helm: Helm) -> None:
        self._cluster = cluster
        self._namespace = f"sent-{uuid.uuid4().hex[:8]}"
        cluster.create_namespace(self._namespace)
        chosen = f"namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name={self._namespace}"
        objects = render(helm, *OF_FILES, "--set", "pods.onlyWithReferences=true", "--set", chosen)
        configuration = objects[("MutatingWebhookConfiguration", "", "vault-webhook")]
        configuration["metadata"] = {"name": self._namespace}
        (pods, *_) = configuration["webhooks"]
        pods["clientConfig"] = {"url": "https://127.0.0.1:1/pods"}
        configuration["webhooks"] = [pods]
        cluster.apply(json.dumps(configuration))
        self.wait()

    def wait(self) -> None:
        """Return when the API server has seen the configuration."""
        for _ in range(100):
            if self.sends(pod([{"name": "A", "value": REFERENCE}])):
                return
            time.sleep(0.1)
        raise AssertionError("no pod is sent")

    def sends(self, body: dict[str, Any]) -> bool:
        """Return whether the API server calls the webhook for the pod; it must accept every other pod."""
        path = f"/api/v1/namespaces/{self._namespace}/pods?dryRun=All"
        answer = self._cluster.answer("POST", path, body)
        assert answer.ok or "failed calling webhook" in answer.text, answer.text
        return not answer.ok

    def stop(self) -> None:
        """Remove the configuration and the namespace."""
        self._cluster.kubectl("delete", "mutatingwebhookconfiguration", self._namespace)
        self._cluster.kubectl("delete", "namespace", self._namespace, "--wait=false")


@pytest.fixture(scope="module")
def sending(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sending]:
    sending = Sending(cluster, Helm(tmp_path_factory.mktemp("helm")))
    yield sending
    sending.stop()


def pod(variables: list[Any], **fields: Any) -> dict[str, Any]:
    container = {"name": "app", "image": "app:1", "env": variables, **fields}
    return {"metadata": {"generateName": "sent-"}, "spec": {"containers": [container]}}


def annotated(place: str, key: str) -> dict[str, Any]:
    body = pod([])
    body["metadata"][place] = {key: "x"}
    return body


def field(path: str) -> dict[str, Any]:
    return {"name": "F", "valueFrom": {"fieldRef": {"fieldPath": path}}}


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(PODS)
def test_a_pod_that_is_not_sent_would_be_left_as_it_is(sending: Sending, body: dict[str, Any]) -> None:
    if not sending.sends(body):
        response = Served().review("pods", body)
        assert response["allowed"]
        assert "patch" not in response
        assert not response.get("warnings")


@pytest.mark.parametrize(
    "body",
    [
        pod([]),
        pod([{"name": "A", "value": "x"}, {"name": "HOST", "value": "vault"}]),
        pod([field("status.podIP"), field("metadata.name"), field("metadata.labels['app']")]),
        pod([{"name": "L", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}]),
        annotated("annotations", "prometheus.io/scrape"),
    ],
)
def test_a_pod_that_needs_nothing_is_not_sent(sending: Sending, body: dict[str, Any]) -> None:
    assert not sending.sends(body)


@pytest.mark.parametrize(
    "body",
    [
        pod([{"name": "A", "value": REFERENCE}]),
        pod([{"name": "A", "value": "a ${vault:a#b} b"}]),
        pod([{"name": "A", "value": "vau"}, {"name": "B", "value": "$(A)lt:a#b"}]),
        pod([field("metadata.annotations['a']")]),
        pod([{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]),
        pod([{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}}]),
        pod([], envFrom=[{"configMapRef": {"name": "c"}}]),
        pod([], command=["/vault/vault-env", "app"]),
        annotated("annotations", "vault.security.banzaicloud.io/vault-role"),
        annotated("annotations", "secrets-webhook.security.bank-vaults.io/vault-role"),
        annotated("annotations", "vault.hashicorp.com/agent-inject"),
        annotated("labels", "vault.security.banzaicloud.io/vault-role"),
        {
            "metadata": {"generateName": "sent-"},
            "spec": {
                "containers": [{"name": "app", "image": "app:1"}],
                "initContainers": [{"name": "i", "image": "i", "env": [{"name": "A", "value": REFERENCE}]}],
            },
        },
    ],
)
def test_a_pod_in_doubt_is_sent(sending: Sending, body: dict[str, Any]) -> None:
    assert sending.sends(body)


def test_a_megabyte_of_variables_is_within_the_cost_limit(sending: Sending) -> None:
    for values in (["x" * (1 << 20)], ["x" * 100] * 8000, ["x"] * 20_000):
        assert not sending.sends(pod([{"name": f"V{n}", "value": value} for n, value in enumerate(values)]))
