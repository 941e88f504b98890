"""Workers: a deleted object is released, also from the Vault Secrets Operator's finalizer; log lines are bounded."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from tests.vaultkube.sync_resources.documents import document
from tests.vaultsync.control.test_tools import Patched, tools_with
from vaultkube.sync_resources.resources import API_VERSION
from vaultsync.cluster.store import Entry, entry_of
from vaultsync.control.queue import Queue
from vaultsync.control.worker import Workers


class Released(Patched):
    """An API server that records removed finalizers."""

    def __init__(self) -> None:
        super().__init__()
        self.finalizers = ["none yet"]
        self.done = threading.Event()

    def merge(self, *arguments: Any) -> Mapping[str, Any] | None:
        super().merge(*arguments)
        self.done.set()
        return None


def worked_on(entry: Entry) -> Released:
    """Let one worker work on the entry, and return the API server."""
    objects, queue = Released(), Queue()
    tools = tools_with(objects)
    tools.store.put(entry)
    workers = Workers(tools, queue, 1)
    queue.put(entry.key)
    workers.start()
    assert objects.done.wait(10)
    workers.finish(10)
    return objects


def test_a_deleted_certificate_of_the_vault_secrets_operator_is_released() -> None:
    deleted = document("VaultPKISecret")
    deleted["metadata"] |= {
        "finalizers": ["vaultpkisecrets.secrets.hashicorp.com/finalizer"],
        "deletionTimestamp": "2026-01-01T00:00:00Z",
    }
    entry = entry_of(deleted, "VaultPKISecret", API_VERSION)
    objects = worked_on(entry)
    assert objects.finalizers == []


def test_a_mistake_is_one_bounded_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    templates = {"key": {"text": "{{ " + "f" * 60_000 + " }}"}}
    wrong = document(
        "VaultStaticSecret", destination={"name": "kv", "transformation": {"templates": templates}}
    )
    entry = entry_of(wrong, "VaultStaticSecret", API_VERSION)
    worked_on(entry)
    assert "function" in caplog.records[0].fields["reason"]  # type: ignore[attr-defined]
    assert all(len(str(vars(record))) < 4000 for record in caplog.records)
