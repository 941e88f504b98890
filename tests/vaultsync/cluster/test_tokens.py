"""Kept tokens on a real API server."""

import os

import pytest

from tests.servers.cluster import Cluster
from vaultkube.apiserver.client import Cluster as Client
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.deadline import Deadline
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.tokens import StoredTokens


@pytest.fixture(scope="module")
def objects(cluster: Cluster) -> Objects:
    cluster.create_namespace("kept-tokens")
    environ = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    return Objects(Client(find_connection(environ), caller="the test"))


def test_tokens_are_kept_until_they_are_removed(objects: Objects) -> None:
    deadline = Deadline(60)
    tokens = StoredTokens(objects, "kept-tokens")
    for uid in ("one", "two"):
        tokens.save(uid, {"before": f"first of {uid}", "id": f"token of {uid}"}, deadline)
    tokens.save("two", {"id": "token of two"}, deadline)
    assert sorted(tokens.uids(deadline)) == ["one", "two"]
    tokens.remove("one", deadline)
    tokens.remove("one", deadline)
    assert tokens.uids(deadline) == ["two"]
    assert (tokens.load("one", deadline), tokens.load("two", deadline)) == ({}, {"id": "token of two"})
