"""The times at which objects become due after a start."""

from typing import Any

import pytest

from tests.vaultkube.sync_resources.documents import document
from vaultkube.sync_resources.references import Reference
from vaultsync.cluster.store import Entry, SecretMark, Store, entry_of
from vaultsync.control.changes import Changes, first_s, spread_s
from vaultsync.control.queue import Queue
from vaultsync.control.tools import now

READY = {"conditions": [{"type": "Ready", "status": "True"}], "lastGeneration": 1}


def entry(kind: str, status: dict[str, Any], **spec: Any) -> Entry:
    metadata = {"name": "one", "namespace": "team", "uid": "u1", "generation": 1}
    return entry_of({**document(kind, **spec), "metadata": metadata, "status": status}, kind)


def test_many_objects_are_spread_at_ten_a_second() -> None:
    assert (spread_s(10), spread_s(300)) == (5.0, 30.0)


@pytest.mark.parametrize("kind", ["VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret"])
@pytest.mark.parametrize(
    "status",
    [
        {},
        {**READY, "lastGeneration": 2},
        {**READY, "conditions": [{"type": "Ready", "status": "False"}]},
    ],
    ids=["new", "changed", "failed"],
)
def test_an_object_out_of_step_is_due_at_once(kind: str, status: dict[str, Any]) -> None:
    assert first_s(entry(kind, status), 30.0, 1.0) == 0.0


def test_what_objects_refer_to_waits_too_as_each_connection_asks_its_vault() -> None:
    store, queue = Store(), Queue()
    store.put(entry("VaultConnection", READY))
    Changes(store, queue, "operator").start(spread=True)
    assert (len(queue), queue.is_idle()) == (1, True)


@pytest.mark.parametrize(
    ("destination", "owner", "is_later"),
    [
        ({"create": True}, "u1", True),
        ({"create": True}, "", False),
        ({"create": True}, "u2", False),
        ({"create": False}, "", True),
    ],
)
def test_an_object_whose_secret_went_while_no_operator_ran_is_due_at_once(
    destination: dict[str, Any], owner: str, is_later: bool
) -> None:
    store, queue = Store(), Queue()
    found = entry("VaultStaticSecret", READY, refreshAfter="1h", destination={"name": "kv", **destination})
    store.put(found)
    if owner:
        store.put_secret(Reference("team", "kv"), SecretMark(owner, "7"))
    Changes(store, queue, "operator").start(spread=True)
    assert queue.is_idle() is is_later


def test_a_static_secret_waits_within_its_refresh_after() -> None:
    found = entry("VaultStaticSecret", READY, refreshAfter="100s")
    assert first_s(found, 30.0, 0.5) == pytest.approx(45.0)


def test_another_one_waits_within_the_spread_and_no_later_than_half_of_its_lease() -> None:
    assert first_s(entry("VaultPKISecret", READY), 30.0, 0.5) == 15.0
    lease = {"secretLease": {"id": "a", "duration": 20}, "lastRenewalTime": int(now())}
    assert 3.0 < first_s(entry("VaultDynamicSecret", {**READY, **lease}), 30.0, 0.5) <= 5.0
    ended = {**lease, "lastRenewalTime": 0}
    assert first_s(entry("VaultDynamicSecret", {**READY, **ended}), 30.0, 0.5) == 0.0


@pytest.mark.parametrize("kind", ["VaultStaticSecret", "VaultAuth"])
def test_an_object_that_is_gone_is_worked_on_once_more_so_that_it_fails_no_longer(kind: str) -> None:
    queue = Queue()
    changes = Changes(Store(), queue, "operator")
    changes.start(spread=False)
    gone = document(kind, "gone")
    for is_watched in (True, False):
        changes.changed(kind, gone)
        queue.done(queue.get())  # type: ignore[arg-type]  # it is due
        if is_watched:
            changes.removed(kind, gone)
        else:
            changes.all_of(kind, [])
        assert not queue.is_idle()
        key = queue.get()
        assert key is not None
        assert key.name == "gone"
        queue.done(key)
