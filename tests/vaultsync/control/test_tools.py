"""Finalizers: ours, and those that an object of the Vault Secrets Operator still has."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.vaultkube.sync_resources.documents import document
from vaultkube.deadline import UNLIMITED
from vaultkube.sync_resources.resources import API_VERSION
from vaultsync.cluster.store import Entry, Store, entry_of
from vaultsync.control.tools import Tools, finalizer

FOREIGN = "example.com/other"


class Patched:
    """An API server that keeps the patch it gets."""

    def __init__(self) -> None:
        self.finalizers: list[str] = []

    def merge(
        self, collection: Any, name: str, patch: Mapping[str, Any], deadline: Any, part: str = ""
    ) -> Mapping[str, Any] | None:
        self.finalizers = patch["metadata"]["finalizers"]
        return None


def tools_with(objects: Patched) -> Tools:
    """Return tools with no other part than the API server and an empty store."""
    others = dict.fromkeys(
        ("cluster", "destinations", "notices", "vaults", "engines", "authorities", "sessions", "holders")
    )
    return Tools(namespace="op", key=b"k" * 16, objects=objects, store=Store(), **others)  # type: ignore[arg-type]


def _entry(kind: str, *finalizers: str) -> Entry:
    found = document(kind)
    found["metadata"]["finalizers"] = list(finalizers)
    return entry_of(found, kind, API_VERSION)


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [
        ("VaultPKISecret", "vaultpkisecrets.secrets.hashicorp.com/finalizer"),
        ("VaultDynamicSecret", "vaultdynamicsecret.secrets.hashicorp.com/finalizer"),
        ("VaultStaticSecret", "vaultstaticsecret.secrets.hashicorp.com/finalizer"),
        ("VaultAuth", "vaultauth.secrets.hashicorp.com/finalizer"),
    ],
)
def test_an_object_with_the_finalizer_of_the_vault_secrets_operator_can_go(kind: str, theirs: str) -> None:
    objects = Patched()
    tools_with(objects).drop_finalizers(_entry(kind, FOREIGN, theirs, finalizer(kind)), UNLIMITED)
    assert objects.finalizers == [FOREIGN]


def test_a_finalizer_is_added_to_those_of_others() -> None:
    objects = Patched()
    tools_with(objects).set_finalizer(_entry("VaultAuth", FOREIGN), UNLIMITED)
    assert objects.finalizers == [FOREIGN, finalizer("VaultAuth")]
