"""Kept tokens on a real API server."""

import os

import pytest

from tests.servers.cluster import Cluster
from vaultkube.apiserver.client import Cluster as Client
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.deadline import Deadline
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.tokens import KeptTokens, find_key


@pytest.fixture(scope="module")
def objects(cluster: Cluster) -> Objects:
    cluster.create_namespace("kept-tokens")
    environ = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    return Objects(Client(find_connection(environ), caller="the test"))


def test_a_token_is_kept_until_it_is_removed_and_the_key_is_no_token(objects: Objects) -> None:
    deadline = Deadline(60)
    tokens = KeptTokens(objects, "kept-tokens")
    key = find_key(objects, "kept-tokens", "key", deadline)
    for mark in ("one", "two"):
        tokens.save(mark, f"token {mark}", deadline)
    assert sorted(tokens.marks(deadline)) == ["one", "two"]
    tokens.remove("one", deadline)
    tokens.remove("one", deadline)
    assert tokens.marks(deadline) == ["two"]
    assert (tokens.load("one", deadline), tokens.load("two", deadline)) == (None, "token two")
    assert find_key(objects, "kept-tokens", "key", deadline) == key
