"""Events about objects: a repeated one is counted, and many are spread over time."""

from collections.abc import Mapping
from typing import Any, cast

from vaultkube.apiserver.resources import Resource as Collection
from vaultkube.deadline import Deadline
from vaultsync.cluster.notices import DistinctNotices, Notice, Notices, Subject
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.store import Key

ABOUT = Subject("secrets.hashicorp.com/v1beta1", "VaultStaticSecret", "team", "one", "u1")


class Events:
    """An API server that stores events."""

    def __init__(self) -> None:
        self.added: list[Mapping[str, Any]] = []
        self.counted: list[int] = []
        self.gone = False

    def add(self, collection: Collection, document: Mapping[str, Any], deadline: Deadline) -> bool:
        self.added.append(document)
        return True

    def merge(
        self, collection: Collection, name: str, patch: Mapping[str, Any], deadline: Deadline
    ) -> Mapping[str, Any] | None:
        if self.gone:
            return None
        self.counted.append(patch["count"])
        return patch


def _send_all(events: Events, *messages: str) -> None:
    notices = Notices(cast("Objects", events))
    notices.start()
    for message in messages:
        notices.send(Notice(ABOUT, "SecretSynced", message))
    notices.finish(10.0)


def test_an_event_that_happens_again_is_counted() -> None:
    events = Events()
    _send_all(events, "first", "second", "first", "first")
    assert [each["message"] for each in events.added] == ["first", "second"]
    assert events.counted == [2, 3]


def test_an_expired_event_is_created_again() -> None:
    events = Events()
    events.gone = True
    _send_all(events, "first", "first")
    assert [each["count"] for each in events.added] == [1, 1]


def test_at_the_end_many_that_wait_are_written_without_a_pause() -> None:
    events = Events()
    _send_all(events, *map(str, range(2000)))
    assert len(events.added) == 2000


def test_a_message_is_remembered_no_longer_than_an_event_has_it() -> None:
    """The author of a template can put a function's name of sixty thousand characters into a message."""
    notices = Notices(cast("Objects", Events()))
    distinct = DistinctNotices(notices)
    key, notice = Key("secrets", "team", "one"), Notice(ABOUT, "InvalidConfiguration", "f" * 60_000)
    for _ in range(2):
        distinct.send(key, notice)
    notices.send(notice)
    assert len(repr((notices._queue.queue, distinct._last_messages))) < 5000
    assert len(notices._queue.queue) == 2
