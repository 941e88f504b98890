"""The times at which objects with kept references are due, by reported changes."""

from dataclasses import replace
from typing import Any

import pytest

from tests.vaultkube.kept.samples import KEY, PLACE, REFERENCES
from vaultkube.kept.codec import sealed
from vaultkube.kept.values import ANNOTATION
from vaultsync.cluster.store import Key
from vaultsync.control.queue import Queue
from vaultsync.kept.watched import Seen, Watched

DB = Key("secrets", "shop", "db")
TEXT = sealed(REFERENCES, PLACE, KEY)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> Queue:
    return Queue(clock)


def metadata(text: str = TEXT, name: str = "db") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop", "uid": "1", "annotations": {ANNOTATION: text}}}


def is_due(queue: Queue, clock: Clock, now: float) -> bool:
    clock.now = now
    return not queue.is_idle()


def test_an_object_that_was_written_now_is_due_after_its_time(queue: Queue, clock: Clock) -> None:
    watched = Watched(queue)
    watched.start(spread=True)
    watched.changed("secrets", metadata())
    assert [is_due(queue, clock, now) for now in (0, 239, 271)] == [False, False, True]
    assert watched.get(DB) == Seen("1", TEXT)


def test_a_change_beside_the_annotation_changes_no_time(queue: Queue, clock: Clock) -> None:
    watched = Watched(queue)
    watched.start(spread=True)
    watched.changed("secrets", metadata())
    clock.now = 271
    queue.done(queue.get() or DB)
    watched.changed("secrets", metadata())
    assert not len(queue)
    watched.changed("secrets", metadata(sealed(replace(REFERENCES, after_s=10), PLACE, KEY)))
    assert is_due(queue, clock, 271 + 10)


def test_after_a_start_objects_are_spread_over_their_time_and_by_hand_all_are_due_at_once(
    queue: Queue, clock: Clock
) -> None:
    watched = Watched(queue)
    watched.all_of("secrets", [metadata(name=f"o-{number}") for number in range(300)])
    assert not len(queue)
    watched.start(spread=True)
    clock.now = 27
    due = 0
    while not queue.is_idle():
        queue.done(queue.get() or DB)
        due += 1
    assert 5 < due < 80
    watched.start(spread=False)
    assert is_due(queue, clock, 27)


def test_an_unreadable_annotation_is_due_at_once(queue: Queue, clock: Clock) -> None:
    watched = Watched(queue)
    watched.start(spread=True)
    watched.changed("secrets", metadata("{}"))
    assert is_due(queue, clock, 0)


def test_a_time_that_no_clock_has_in_one_annotation_does_not_end_the_start_of_all(
    queue: Queue, clock: Clock
) -> None:
    watched = Watched(queue)
    forged = sealed(replace(REFERENCES, after_s=10**400), PLACE, KEY)
    watched.all_of("secrets", [metadata(forged), metadata(name="two")])
    watched.start(spread=True)
    assert len(queue) == 2
    assert queue.get() == DB


def test_an_object_with_the_label_alone_is_none(queue: Queue, clock: Clock) -> None:
    watched = Watched(queue)
    watched.start(spread=True)
    watched.changed("secrets", metadata())
    watched.changed("secrets", metadata(""))
    assert (watched.get(DB), len(watched)) == (None, 0)
    assert is_due(queue, clock, 0), "so that it counts no longer as one that fails"


def test_a_list_or_a_removal_forgets_only_objects_of_its_kind(queue: Queue) -> None:
    watched = Watched(queue)
    for kind in ("secrets", "configmaps"):
        watched.all_of(kind, [metadata(), metadata(name="two")])
    watched.all_of("secrets", [metadata(name="two")])
    watched.removed("configmaps", metadata(name="two"))
    assert [bool(watched.get(Key(kind, "shop", name))) for kind in PLURALS for name in ("db", "two")] == [
        False,
        True,
        True,
        False,
    ]
    assert len(watched) == 2


PLURALS = ("secrets", "configmaps")


def test_an_object_that_is_gone_is_due_once_more_so_that_it_fails_no_longer(
    queue: Queue, clock: Clock
) -> None:
    watched = Watched(queue)
    watched.start(spread=True)
    for is_watched in (True, False):
        watched.changed("secrets", metadata())
        if is_watched:
            watched.removed("secrets", metadata())
        else:
            watched.all_of("secrets", [])
        assert not queue.is_idle()
        assert queue.get() == DB
        queue.done(DB)
        assert watched.get(DB) is None
