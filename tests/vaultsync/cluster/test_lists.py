"""Lists: what is in memory of each object."""

from types import SimpleNamespace
from typing import Any, cast

from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.transport import Answer
from vaultkube.deadline import UNLIMITED
from vaultsync.cluster.objects import Objects, secrets


def test_owners_of_fields_which_are_longer_than_many_objects_are_dropped() -> None:
    metadata: dict[str, Any] = {"name": "one", "managedFields": [{"manager": "kubectl"}]}
    answer = Answer(200, {"metadata": {"resourceVersion": "7"}, "items": [{"metadata": metadata}, {}]})
    cluster = SimpleNamespace(send=lambda *_: answer)
    listed = Objects(cast("Cluster", cluster)).list(secrets(), UNLIMITED)
    assert listed == ([{"metadata": {"name": "one"}}, {}], "7")
