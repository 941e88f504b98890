"""Facts of a real API server: existing objects, missing ones, and unreadable ones."""

import base64
import json

import pytest

from tests.servers.cluster import Cluster as Server
from tests.servers.process import free_port
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import Connection, find_connection
from vaultkube.deadline import Deadline
from webhook.admission.gather import find_account_pull_secrets, gather_pull_secrets, gather_sources
from webhook.pods.facts import Source

NAMESPACE = "gather"


@pytest.fixture(scope="module")
def admin(cluster: Server) -> Cluster:
    cluster.create_namespace(NAMESPACE)
    objects = [
        {"kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "1"}},
        {"kind": "Secret", "metadata": {"name": "credentials"}, "stringData": {"b": "2"}},
        {
            "kind": "Secret",
            "metadata": {"name": "pull"},
            "type": "kubernetes.io/dockerconfigjson",
            "stringData": {".dockerconfigjson": '{"auths":{}}'},
        },
        {
            "kind": "ServiceAccount",
            "metadata": {"name": "puller"},
            "imagePullSecrets": [{"name": "pull"}, {"name": "gone"}],
        },
    ]
    for each in objects:
        each = {"apiVersion": "v1", **each, "metadata": {**each["metadata"], "namespace": NAMESPACE}}  # type: ignore[dict-item]
        cluster.apply(json.dumps(each))
    return Cluster(find_connection({"KUBECONFIG": str(cluster.kubeconfig)}))


def test_sources_that_exist_are_fetched_with_their_values(admin: Cluster) -> None:
    sources = [Source("ConfigMap", "settings"), Source("Secret", "credentials"), Source("Secret", "gone")]
    found = gather_sources(admin, sources, NAMESPACE, Deadline(5))
    assert found == {sources[0]: {"a": b"1"}, sources[1]: {"b": b"2"}}


def test_the_pull_secrets_of_a_service_account_are_those_that_exist(admin: Cluster) -> None:
    names = find_account_pull_secrets(admin, NAMESPACE, "puller", Deadline(5))
    assert names == [(NAMESPACE, "pull"), (NAMESPACE, "gone")]
    (secret,) = gather_pull_secrets(admin, names, Deadline(5))
    assert (secret.name, secret.data) == ("pull", b'{"auths":{}}')
    assert base64.b64encode(secret.data).decode() not in repr(secret)


def test_a_service_account_without_any_or_that_is_missing_has_none(admin: Cluster) -> None:
    assert find_account_pull_secrets(admin, NAMESPACE, "default", Deadline(5)) == []
    assert find_account_pull_secrets(admin, NAMESPACE, "gone", Deadline(5)) == []


def test_a_service_account_that_cannot_be_read_has_none() -> None:
    down = Cluster(Connection(server=f"https://127.0.0.1:{free_port()}"))
    assert find_account_pull_secrets(down, NAMESPACE, "default", Deadline(5)) == []
