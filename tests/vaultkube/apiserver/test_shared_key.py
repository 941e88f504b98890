"""A key that replicas share, on a real API server."""

import base64
import json

import pytest

from tests.servers.cluster import Cluster as Server
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.shared_key import find_key
from vaultkube.deadline import Deadline
from vaultkube.errors import Refused


def test_the_first_makes_the_key_and_the_others_read_it(cluster: Server, admin: Cluster) -> None:
    first = find_key(admin, "default", "shared-key", 16, Deadline(5))
    assert len(first) == 16
    assert find_key(admin, "default", "shared-key", 16, Deadline(5)) == first
    stored = json.loads(cluster.kubectl("get", "secret", "shared-key", "-o", "json"))
    assert (base64.b64decode(stored["data"]["key"]), stored["immutable"]) == (first, True)


@pytest.mark.parametrize(("name", "data"), [("none", {}), ("short", {"key": "eA=="}), ("empty", {"key": ""})])
def test_a_secret_without_a_usable_key_is_named_with_its_remedy(
    cluster: Server, admin: Cluster, name: str, data: dict[str, str]
) -> None:
    name = f"no-shared-key-{name}"
    cluster.request("POST", "/api/v1/namespaces/default/secrets", {"metadata": {"name": name}, "data": data})
    with pytest.raises(Refused, match=f"Secret default/{name} holds no 16 bytes under 'key': delete it"):
        find_key(admin, "default", name, 16, Deadline(5))


def test_a_namespace_that_is_not_there_is_named(admin: Cluster) -> None:
    with pytest.raises(Refused, match=r"Secret nowhere/key .*create its namespace"):
        find_key(admin, "nowhere", "key", 16, Deadline(5))
