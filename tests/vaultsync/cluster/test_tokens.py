"""Kept tokens on a real API server."""

import os

import pytest

from tests.servers.cluster import Cluster
from vaultkube.apiserver.client import Cluster as Client
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.deadline import Deadline
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.tokens import KeptTokens, find_key

DEADLINE = Deadline(60)


@pytest.fixture(scope="module")
def objects(cluster: Cluster) -> Objects:
    cluster.create_namespace("kept-tokens")
    environ = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    return Objects(Client(find_connection(environ), caller="the test"))


def test_a_token_is_kept_until_it_is_removed_and_the_key_is_no_token(objects: Objects) -> None:
    tokens = KeptTokens(objects, "kept-tokens")
    key = find_key(objects, "kept-tokens", "key", DEADLINE)
    for mark in ("one", "two"):
        tokens.save(mark, f"token {mark}", DEADLINE)
    assert sorted(tokens.marks(DEADLINE)) == ["one", "two"]
    tokens.remove("one", DEADLINE)
    tokens.remove("one", DEADLINE)
    assert tokens.marks(DEADLINE) == ["two"]
    assert (tokens.load("one", DEADLINE), tokens.load("two", DEADLINE)) == (None, "token two")
    assert find_key(objects, "kept-tokens", "key", DEADLINE) == key
