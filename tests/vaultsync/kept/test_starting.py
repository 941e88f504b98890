"""The key of kept references at the start of the operator."""

from types import SimpleNamespace
from typing import Any

import pytest

from vaultkube.errors import ClusterUnavailable, MissingRight, Refused
from vaultsync.control.queue import Queue
from vaultsync.kept.starting import new_refresher
from vaultsync.kept.watched import Watched


def started(error: Refused) -> object:
    def get(*_: Any) -> None:
        raise error

    settings: Any = SimpleNamespace(webhook_namespace="vault-webhook")
    tools: Any = SimpleNamespace(cluster=SimpleNamespace(get=get))
    return new_refresher(settings, tools, Watched(Queue()))


def test_an_operator_that_may_not_read_the_key_refreshes_nothing() -> None:
    assert started(MissingRight("bind the Role")) is None


def test_an_outage_at_the_start_does_not_end_refreshes_until_the_next_one() -> None:
    with pytest.raises(ClusterUnavailable):
        started(ClusterUnavailable("the API server did not answer; try again"))
