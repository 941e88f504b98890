"""Whose pull secrets are tried: the pod's, its ServiceAccount's where none were copied, and the operator's."""

import base64
import json
from collections.abc import Mapping

import pytest

from tests.servers.cluster import Cluster as Server
from tests.webhook.admission.test_review import review_of
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.deadline import Deadline
from vaultkube.errors import ImageNotRead
from vaultkube.vault.resolver import Vault
from webhook.admission.pods import PodAdmission
from webhook.admission.review import parse_review
from webhook.admission.services import Services
from webhook.config.annotations import read_defaults
from webhook.config.settings import read_settings
from webhook.registry.query import ImageConfig, ImageQuery

OPERATOR = {
    "VAULT_ENV_IMAGE": "vault-env:1",
    "DEFAULT_IMAGE_PULL_SECRET_NAMESPACE": "operators",
    "DEFAULT_IMAGE_PULL_SECRET_SERVICE_ACCOUNT": "puller",
}


class Asked:
    """A registry that is asked, and knows no image."""

    def __init__(self) -> None:
        self.queries: list[ImageQuery] = []

    def fetch(self, query: ImageQuery, deadline: Deadline) -> ImageConfig:
        self.queries.append(query)
        raise ImageNotRead("cannot fetch image descriptor")


@pytest.fixture(scope="module", autouse=True)
def secrets(cluster: Server) -> None:
    for namespace, account, secret in (
        ("operators", "puller", "of-operators"),
        ("tenants", "app", "of-account"),
    ):
        cluster.create_namespace(namespace)
        for name in (secret, "of-pod"):
            data = {".dockerconfigjson": base64.b64encode(b'{"auths": {}}').decode()}
            metadata = {"name": name, "namespace": namespace}
            kind = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson"}
            cluster.apply(json.dumps({**kind, "metadata": metadata, "data": data}))
        manifest = {"apiVersion": "v1", "kind": "ServiceAccount", "imagePullSecrets": [{"name": secret}]}
        cluster.apply(json.dumps({**manifest, "metadata": {"name": account, "namespace": namespace}}))


def asked_with(
    cluster: Server, own: list[str], operator: Mapping[str, str] = OPERATOR
) -> tuple[list[str], list[str]]:
    """The names of the pod's and of the operator's secrets that the registry is asked with."""
    query = query_of(cluster, own, operator)
    return [each.name for each in query.pull_secrets], [each.name for each in query.default_secrets]


def query_of(cluster: Server, own: list[str], operator: Mapping[str, str] = OPERATOR) -> ImageQuery:
    client, registry = Cluster(find_connection({"KUBECONFIG": str(cluster.kubeconfig)})), Asked()
    services = Services(client, registry, Vault(client, ""), "operators")
    admission = PodAdmission(read_settings(operator), read_defaults(operator), services)
    container = {
        "name": "app",
        "image": "private.example.com/app:1",
        "env": [{"name": "P", "value": "vault:a/b#c"}],
    }
    spec = {
        "serviceAccountName": "app",
        "containers": [container],
        "imagePullSecrets": [{"name": name} for name in own],
    }
    request = parse_review(review_of(object={"metadata": {}, "spec": spec}, namespace="tenants"))
    with pytest.raises(ImageNotRead):
        admission.decide(request, {}, Deadline(10))
    (query,) = registry.queries
    return query


def test_the_pods_own_are_not_widened_by_its_service_account(cluster: Server) -> None:
    assert asked_with(cluster, ["of-pod", "missing"]) == (["of-pod"], ["of-operators"])


def test_those_that_do_not_exist_are_passed_on_by_name(cluster: Server) -> None:
    assert query_of(cluster, ["of-pod", "missing"]).missing_secrets == ("missing",)


def test_without_a_namespace_those_of_the_operator_are_in_the_webhooks_own(cluster: Server) -> None:
    operator = {key: text for key, text in OPERATOR.items() if not key.endswith("NAMESPACE")}
    assert asked_with(cluster, ["of-pod"], operator) == (["of-pod"], ["of-operators"])


def test_those_of_the_service_account_stand_in_where_none_were_copied(cluster: Server) -> None:
    assert asked_with(cluster, []) == (["of-account"], ["of-operators"])
