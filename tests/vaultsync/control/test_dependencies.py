"""A change makes its namespace's dependent objects due, and no others."""

from typing import Any

import pytest

from tests.vaultkube.sync_resources.documents import document
from vaultsync.cluster.store import Key, Store
from vaultsync.control.changes import Changes
from vaultsync.control.queue import Queue

OP = "operator"
SYNCED = {"lastGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}


class Watched:
    """Objects in step, none of them due."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        self._now = 0.0
        self.queue = Queue(lambda: self._now)
        self.changes = Changes(Store(), self.queue, OP)
        self.changes._started.set()
        for each in documents:
            self.changes.changed(each["kind"], {**each, "status": SYNCED})
        self.due()

    def due(self) -> set[str]:
        """Return the due VaultStaticSecrets as NAMESPACE/NAME, and take them from the queue."""
        self._now += 1e6
        keys: list[Key] = []
        while len(self.queue):
            key = self.queue.get()
            assert key is not None
            self.queue.done(key)
            keys.append(key)
        return {f"{key.namespace}/{key.name}" for key in keys if key.kind == "VaultStaticSecret"}

    def after(self, kind: str, name: str, namespace: str) -> set[str]:
        """Return the due objects after a change of such an object."""
        self.changes.changed(kind, document(kind, name, namespace))
        return self.due()


def secret(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    return document("VaultStaticSecret", name, namespace, **spec)


@pytest.mark.parametrize("kind", ["SecretTransformation", "VaultConnection", "VaultAuth", "VaultAuthGlobal"])
def test_a_change_in_a_namespace_makes_only_its_own_objects_due(kind: str) -> None:
    watched = Watched(
        secret("own", "mine"), *(secret(f"s{number}", f"other-{number}") for number in range(50))
    )
    assert watched.after(kind, "any", "mine") == {"mine/own"}
    watched.changes.removed(kind, document(kind, "any", "mine"))
    assert watched.due() == {"mine/own"}


def test_a_change_in_the_operators_namespace_is_one_for_all() -> None:
    assert Watched(secret("a", "one"), secret("b", "two")).after("VaultConnection", "default", OP) == {
        "one/a",
        "two/b",
    }


def test_references_to_other_namespaces_are_followed_to_the_connection() -> None:
    watched = Watched(
        secret("a", "user", vaultAuthRef="logins/auth"),
        document("VaultAuth", "auth", "logins", vaultAuthGlobalRef={"name": "all", "namespace": "globals"}),
        document("VaultAuthGlobal", "all", "globals", vaultConnectionRef="vaults/vault"),
        secret("b", "stranger"),
    )
    for kind, namespace in (
        ("VaultAuth", "logins"),
        ("VaultAuthGlobal", "globals"),
        ("VaultConnection", "vaults"),
    ):
        assert watched.after(kind, "new", namespace) == {"user/a"}


def test_a_transformation_of_another_namespace_is_followed() -> None:
    refs = [{"name": "shared", "namespace": "templates"}, {"name": "own"}]
    destination = {"name": "kv", "transformation": {"transformationRefs": refs}}
    watched = Watched(secret("a", "user", destination=destination), secret("b", "stranger"))
    assert watched.after("SecretTransformation", "shared", "templates") == {"user/a"}


def test_the_default_global_is_looked_for_in_both_namespaces() -> None:
    watched = Watched(
        secret("a", "user", vaultAuthRef="logins/auth"),
        document("VaultAuth", "auth", "logins", vaultAuthGlobalRef={"allowDefault": True}),
        document("VaultAuthGlobal", "default", OP, vaultConnectionRef="vaults/vault"),
    )
    assert watched.after("VaultConnection", "vault", "vaults") == {"user/a"}
