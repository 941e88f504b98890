"""Workers: a deleted object is released, also from the Vault Secrets Operator's finalizer; log lines are bounded."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.vaultkube.sync_resources.documents import document
from tests.vaultsync.control.test_tools import Patched, Trusting, tools_with
from vaultkube.sync_resources.destination import RestartTarget
from vaultsync.cluster.notices import Notices
from vaultsync.cluster.store import Entry, entry_of
from vaultsync.control.conditions import failed
from vaultsync.control.destination import Destinations
from vaultsync.control.queue import Queue
from vaultsync.control.tools import Tools
from vaultsync.control.worker import Workers, is_waste
from vaultsync.errors import DataUnusable, NotWritten, TransformationFailed, VaultAway
from vaultsync.vault.authorities import Authorities


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


class Saved(Released):
    """An API server that keeps the last status."""

    def __init__(self) -> None:
        super().__init__()
        self.status: dict[str, Any] = {}

    def merge(self, *arguments: Any) -> Mapping[str, Any] | None:
        self.status = arguments[2].get("status", {})
        return super().merge(*arguments)


def worked_on(entry: Entry) -> Released:
    """Let one worker work on the entry, and return the API server."""
    objects = Released()
    worked_with(tools_with(objects), objects, entry)
    return objects


def worked_with(tools: Tools, objects: Released, entry: Entry) -> None:
    """Have one worker with these tools work on the entry, until something is written."""
    queue = Queue()
    tools.store.put(entry)
    workers = Workers(tools, queue, 1)
    queue.put(entry.key)
    workers.start()
    assert objects.done.wait(10)
    workers.finish(10)


def test_a_deleted_certificate_of_the_vault_secrets_operator_is_released() -> None:
    deleted = document("VaultPKISecret")
    deleted["metadata"] |= {
        "finalizers": ["vaultpkisecrets.secrets.hashicorp.com/finalizer"],
        "deletionTimestamp": "2026-01-01T00:00:00Z",
    }
    entry = entry_of(deleted, "VaultPKISecret")
    objects = worked_on(entry)
    assert objects.finalizers == []


def test_a_mistake_is_one_bounded_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    templates = {"key": {"text": "{{ " + "f" * 60_000 + " }}"}}
    wrong = document(
        "VaultStaticSecret", destination={"name": "kv", "transformation": {"templates": templates}}
    )
    entry = entry_of(wrong, "VaultStaticSecret")
    worked_on(entry)
    assert "function" in caplog.records[0].fields["reason"]  # type: ignore[attr-defined]
    assert all(len(str(vars(record))) < 4000 for record in caplog.records)


def usable(objects: Released) -> Tools:
    """Return tools with a login and a connection, both `one`."""
    tools = replace(tools_with(objects), authorities=cast("Authorities", Trusting()))
    for each in (document("VaultConnection"), document("VaultAuth", vaultConnectionRef="one")):
        tools.store.put(entry_of(each, each["kind"]))
    return tools


def failed_once(kind: str, status: dict[str, Any]) -> Entry:
    """Return an object that was in step, and on which work has failed since: its login was not there."""
    found = document(kind, vaultAuthRef="one")
    found["metadata"] |= {"generation": 3, "resourceVersion": "7"}
    failure = [each._asdict() for each in failed("InvalidResourceRef", "gone", has_secret=True)]
    conditions = [{"type": each["type"], "status": str(each["holds"])} for each in failure]
    found["status"] = {"lastGeneration": 3, "secretMAC": "m", "conditions": conditions, **status}
    return entry_of(found, kind)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("VaultPKISecret", {"lastRotation": time.time(), "expiration": time.time() + 3600}),
        ("VaultDynamicSecret", {}),
    ],
)
def test_an_object_that_has_failed_is_ready_again_when_it_is_found_in_step(
    kind: str, status: dict[str, Any]
) -> None:
    objects = Saved()
    destinations = cast("Destinations", SimpleNamespace(holds=lambda *_: True))
    worked_with(replace(usable(objects), destinations=destinations), objects, failed_once(kind, status))
    assert {each["type"]: each["status"] for each in objects.status["conditions"]} == {
        "SecretSynced": "True",
        "Healthy": "True",
        "Ready": "True",
    }


class Rolling(Saved):
    """An API server that keeps the last status of the object, and has one Deployment, `app`."""

    def __init__(self) -> None:
        super().__init__()
        self.annotated: list[str] = []

    def merge(self, *arguments: Any) -> Mapping[str, Any] | None:
        if arguments[0].group == "apps":
            self.annotated.append(arguments[1])
            return {} if arguments[1] == "app" else None
        return super().merge(*arguments)


@pytest.mark.parametrize(("name", "rolled"), [("app", ["app"]), ("typo", ["typo"])])
@pytest.mark.parametrize("kind", ["VaultPKISecret", "VaultDynamicSecret"])
def test_workloads_that_could_not_be_rolled_are_rolled_when_the_object_names_others(
    kind: str, name: str, rolled: list[str]
) -> None:
    objects = Rolling()
    before = failed_once(kind, {"lastRotation": time.time(), "expiration": time.time() + 3600})
    spec = replace(cast("Any", before.resource.spec), restart_targets=(RestartTarget("Deployment", name),))
    condition = {"type": "RolloutRestart", "status": "False", "observedGeneration": 2}
    entry = replace(
        before,
        status={**before.status, "conditions": [condition]},
        resource=replace(before.resource, spec=spec),
    )
    destinations = cast("Destinations", SimpleNamespace(holds=lambda *_: True))
    tools = replace(
        usable(objects),
        destinations=destinations,
        notices=cast("Notices", SimpleNamespace(send=lambda *_: None)),
    )
    worked_with(tools, objects, entry)
    assert objects.annotated == rolled
    (found,) = [each for each in objects.status["conditions"] if each["type"] == "RolloutRestart"]
    assert (found["status"], found["observedGeneration"]) == (str(name == "app"), 3)


@pytest.mark.parametrize(
    ("kind", "error", "is_wasted"),
    [
        ("VaultPKISecret", TransformationFailed("a key is missing"), True),
        ("VaultDynamicSecret", DataUnusable("no JSON"), True),
        ("VaultPKISecret", NotWritten("a quota is exceeded"), True),
        ("VaultStaticSecret", NotWritten("a quota is exceeded"), False),
        ("VaultStaticSecret", TransformationFailed("a key is missing"), False),
        ("VaultPKISecret", VaultAway("down"), False),
    ],
)
def test_an_answer_that_makes_no_secret_is_a_waste_of_what_vault_has_issued(
    kind: str, error: Exception, is_wasted: bool
) -> None:
    assert is_waste(kind, error) is is_wasted


def test_a_mistake_that_wastes_what_vault_issues_is_tried_ever_less_often() -> None:
    refs = [{"name": "gone"}]
    destination = {"name": "tls", "create": True, "transformation": {"transformationRefs": refs}}
    delays = {}
    for kind in ("VaultPKISecret", "VaultStaticSecret"):
        objects = Saved()
        tools = replace(usable(objects), notices=cast("Notices", SimpleNamespace(send=lambda *_: None)))
        entry = entry_of(document(kind, vaultAuthRef="one", destination=destination), kind)
        tools.store.put(entry)
        workers = Workers(tools, Queue(), 1)
        delays[kind] = [workers._work(entry.key) for _ in range(10)][-1]
    assert delays["VaultPKISecret"] > 400
    assert delays["VaultStaticSecret"] <= 60
