"""Tools: finalizers, ours and the Vault Secrets Operator's; and objects changed during the work on them."""

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.vaultkube.sync_resources.documents import document
from tests.vaultsync.content.specs import static
from tests.vaultsync.vault.scene import IDENTITY
from vaultkube.deadline import UNLIMITED
from vaultkube.sync_resources.destination import RestartTarget
from vaultkube.sync_resources.references import Reference
from vaultkube.sync_resources.requests import VaultRequest
from vaultsync.cluster.objects import Changed
from vaultsync.cluster.store import Entry, Store, entry_of
from vaultsync.control.changes import Changes
from vaultsync.control.queue import Queue
from vaultsync.control.tools import Login, Tools, finalizer
from vaultsync.errors import TokenUnknown, VaultDenied
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.tokens import Token

FOREIGN = "example.com/other"


class Patched:
    """An API server that stores the last patch."""

    def __init__(self) -> None:
        self.finalizers: list[str] = []
        self.statuses: list[Mapping[str, Any] | None] = []
        self.after: Mapping[str, Any] | None = None

    def merge(
        self, collection: Any, name: str, patch: Mapping[str, Any], deadline: Any, part: str = ""
    ) -> Mapping[str, Any] | None:
        if name == "gone":
            return None
        self.finalizers = patch.get("metadata", {}).get("finalizers", [])
        self.statuses.append(patch.get("status", {}))
        return self.after


def tools_with(objects: Patched) -> Tools:
    """Return tools with no other part than the API server and an empty store."""
    others = dict.fromkeys(
        ("cluster", "destinations", "notices", "vaults", "engines", "authorities", "sessions", "holders")
    )
    return Tools(namespace="op", key=b"k" * 16, objects=objects, store=Store(), **others)  # type: ignore[arg-type]


def _entry(kind: str, *finalizers: str) -> Entry:
    found = document(kind)
    found["metadata"]["finalizers"] = list(finalizers)
    return entry_of(found, kind)


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [
        ("VaultPKISecret", "vaultpkisecrets.secrets.hashicorp.com/finalizer"),
        ("VaultDynamicSecret", "vaultdynamicsecret.secrets.hashicorp.com/finalizer"),
        ("VaultStaticSecret", "vaultstaticsecret.secrets.hashicorp.com/finalizer"),
        ("VaultAuth", "vaultauth.secrets.hashicorp.com/finalizer"),
    ],
)
def test_the_finalizer_of_the_vault_secrets_operator_is_removed(kind: str, theirs: str) -> None:
    objects = Patched()
    tools_with(objects).drop_finalizers(_entry(kind, FOREIGN, theirs, finalizer(kind)), UNLIMITED)
    assert objects.finalizers == [FOREIGN]


def test_a_finalizer_is_added_to_those_of_others() -> None:
    objects = Patched()
    tools_with(objects).set_finalizer(_entry("VaultAuth", FOREIGN), UNLIMITED)
    assert objects.finalizers == [FOREIGN, finalizer("VaultAuth")]


class Versioned(Patched):
    """An API server whose object was changed by another thread since it was listed."""

    def __init__(self, changed: dict[str, Any]) -> None:
        super().__init__()
        self.changed = changed

    def merge(self, *arguments: Any) -> Mapping[str, Any] | None:
        if not arguments[2]:
            return self.changed
        if arguments[2]["metadata"]["resourceVersion"] != self.changed["metadata"]["resourceVersion"]:
            raise Changed("the API server answered 409 (Conflict)")
        return super().merge(*arguments)


@pytest.mark.parametrize(
    ("finalizers", "written"),
    [([], [finalizer("VaultAuth")]), ([FOREIGN], [FOREIGN, finalizer("VaultAuth")]), ([finalizer("VaultAuth")], [])],
)  # fmt: skip
def test_a_finalizer_is_added_to_an_object_that_another_thread_has_changed(
    finalizers: list[str], written: list[str]
) -> None:
    changed = document("VaultAuth")
    changed["metadata"] |= {"finalizers": finalizers, "resourceVersion": "8"}
    objects = Versioned(changed)
    tools_with(objects).set_finalizer(_entry("VaultAuth"), UNLIMITED)
    assert objects.finalizers == written


@pytest.mark.parametrize("metadata", [{"generation": 2}, {"deletionTimestamp": "2026-01-01T00:00:00Z"}])
def test_a_change_first_seen_in_the_answer_to_a_write_is_due_when_watched(
    metadata: dict[str, Any],
) -> None:
    objects, queue = Patched(), Queue()
    tools = tools_with(objects)
    changes = Changes(tools.store, queue, "operator")
    changes.start(spread=False)
    first, second = document("VaultStaticSecret"), document("VaultStaticSecret", path="other")
    first["metadata"] |= {"generation": 1, "resourceVersion": "5"}
    second["metadata"] |= {"generation": 1, "resourceVersion": "7", **metadata}
    changes.changed("VaultStaticSecret", first)
    key = queue.get()
    assert key is not None
    entry = tools.store.get(key)
    assert entry is not None
    objects.after = second
    saved = tools.save(entry, (), {"lastGeneration": entry.resource.generation}, UNLIMITED)
    assert saved.resource == entry.resource
    assert tools.store.get(key) == saved
    queue.done(key)
    changes.changed("VaultStaticSecret", second)
    assert queue.get() == key


def test_a_change_that_the_watch_has_brought_outlives_the_answer_to_a_write_that_changes_nothing() -> None:
    """As where the definitions of the Vault Secrets Operator drop all that is written."""
    objects, queue = Patched(), Queue()
    tools = tools_with(objects)
    changes = Changes(tools.store, queue, "operator")
    first, second = document("VaultStaticSecret"), document("VaultStaticSecret", path="other")
    for found, generation, version in ((first, 1, "5"), (second, 2, "7")):
        found["metadata"] |= {"generation": generation, "resourceVersion": version}
    changes.changed("VaultStaticSecret", first)
    (entry,) = tools.store.entries_of_kinds(["VaultStaticSecret"])
    changes.changed("VaultStaticSecret", second)
    objects.after = second
    assert tools.save(entry, (), {"lastGeneration": 1}, UNLIMITED).resource == entry.resource
    (known,) = tools.store.entries_of_kinds(["VaultStaticSecret"])
    assert known.resource.generation == 2


def test_the_status_of_an_object_is_not_left_to_one_that_was_made_anew_by_its_name() -> None:
    objects = Patched()
    tools = tools_with(objects)
    first, second = document("VaultDynamicSecret"), document("VaultDynamicSecret", path="other")
    first["metadata"] |= {"uid": "first", "generation": 1, "resourceVersion": "5"}
    second["metadata"] |= {"uid": "second", "generation": 1, "resourceVersion": "7"}
    entry, new = (entry_of(each, "VaultDynamicSecret") for each in (first, second))
    tools.store.put(new)
    objects.after = {**second, "status": {"lastGeneration": 1}}
    tools.save(entry, (), {"lastGeneration": 1}, UNLIMITED)
    assert objects.statuses[-1] is None
    assert tools.store.get(entry.key) == new


def test_a_workload_that_cannot_be_rolled_is_named_in_the_condition() -> None:
    sent: list[str] = []
    notices = SimpleNamespace(send=lambda notice: sent.append(notice.reason))
    tools = replace(tools_with(Patched()), notices=cast("Any", notices))
    entry = _entry("VaultStaticSecret")
    assert tools.roll(entry, (), UNLIMITED) == ()
    (condition,) = tools.roll(entry, (RestartTarget(kind="Deployment", name="gone"),), UNLIMITED)
    assert (condition.type, condition.holds, sent) == ("RolloutRestart", False, ["RolloutRestartFailed"])
    assert "Deployment/gone" in condition.message


class Trusting:
    """Authorities without any CA for a connection."""

    def read(self, *_arguments: object) -> str:
        return ""


@pytest.mark.parametrize(("timeout", "seconds"), [(None, 30.0), ("5s", 5.0), ("24h", 60.0)])
def test_a_request_of_vault_holds_a_worker_for_a_minute_at_most(timeout: str | None, seconds: float) -> None:
    tools = replace(tools_with(Patched()), authorities=cast("Authorities", Trusting()))
    for kind, spec in (
        ("VaultConnection", {"address": "https://vault", **({"timeout": timeout} if timeout else {})}),
        ("VaultAuth", {**document("VaultAuth")["spec"], "vaultConnectionRef": "one"}),
    ):
        one = {"metadata": {"namespace": "team", "name": "one"}, "spec": spec}
        tools.store.put(entry_of(one, kind))
    access = tools.access(Reference("team", "one"), "team")
    assert tools.identity(access, "team", UNLIMITED).server.timeout_s == seconds


def test_a_request_that_vault_forbids_names_the_right_and_the_login() -> None:
    def forbid(*_: Any) -> None:
        raise VaultDenied("Code: 403", 403)

    forgotten: list[Any] = []
    tools = replace(
        tools_with(Patched()),
        vaults=cast("Any", SimpleNamespace(send=forbid)),
        sessions=cast("Any", SimpleNamespace(forget=lambda *which: forgotten.append(which))),
    )
    token = Token("t", 60.0, 60.0, renewable=True)
    for method, right in (("GET", "read"), ("PUT", "update")):
        with pytest.raises(
            VaultDenied, match=f"must allow {right} of secret/data/a .method appRole"
        ) as caught:
            tools.send_request(Login(IDENTITY, token, ""), VaultRequest(method, "secret/data/a"))
        assert caught.value.status == 403
    assert forgotten == [(IDENTITY, token)] * 2


def test_a_login_whose_token_vault_has_forgotten_is_made_once_more() -> None:
    sent: list[str] = []

    def send(_server: Any, call: Any) -> dict[str, Any]:
        sent.append(call.token)
        if call.token == "old":
            raise TokenUnknown("invalid token", 403)
        return {"data": {}}

    tokens = [Token(value, 60.0, 60.0, renewable=True) for value in ("old", "new")]
    forgotten: list[Any] = []
    sessions = SimpleNamespace(
        token=lambda *_: tokens[len(forgotten)], forget=lambda *which: forgotten.append(which)
    )
    tools = replace(
        tools_with(Patched()),
        vaults=cast("Any", SimpleNamespace(send=send)),
        sessions=cast("Any", sessions),
    )
    assert tools.request_as(IDENTITY, static(), VaultRequest("GET", "secret/data/a"), UNLIMITED) == {
        "data": {}
    }
    assert sent == ["old", "new"]
