"""Statuses where the cluster has the definitions of the Vault Secrets Operator, as after a move from it.

They drop a field that they do not have, and refuse a status without those that its kind must have.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.vaultkube.sync_resources.documents import document
from tests.vaultsync.control.test_rotated import answer
from tests.vaultsync.control.test_tools import Trusting, tools_with
from tests.vaultsync.control.test_worker import Released, worked_with
from vaultenv.basics.jsontext import Number
from vaultkube.deadline import UNLIMITED
from vaultkube.sync_resources.resources import KINDS
from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec
from vaultsync.cluster.store import Entry, entry_of
from vaultsync.control.certificates import sync_certificate
from vaultsync.control.rotated import sync_rotated
from vaultsync.control.tools import Tools

KEPT: Mapping[str, Any] = {
    "VaultConnection": {"valid": bool},
    "VaultAuth": {"valid": bool, "error": str},
    "VaultAuthGlobal": {"valid": bool, "error": str},
    "SecretTransformation": {"valid": bool, "error": str},
    "VaultStaticSecret": {"lastGeneration": int, "secretMAC": str},
    "VaultDynamicSecret": {
        "lastGeneration": int,
        "lastRenewalTime": int,
        "secretLease": {"id": str, "duration": int, "renewable": bool, "requestID": str},
        "staticCredsMetaData": {"lastVaultRotation": int, "rotationPeriod": int, "ttl": int},
        "vaultClientMeta": {"cacheKey": str, "id": str},
        "secretMAC": str,
    },
    "VaultPKISecret": {
        "error": str,
        "expiration": int,
        "lastGeneration": int,
        "lastRotation": int,
        "secretMAC": str,
        "serialNumber": str,
        "valid": bool,
    },
}
OPTIONAL = {"secretMAC", "serialNumber", "expiration", "staticCredsMetaData", "vaultClientMeta"}


def pruned(status: Any, schema: Any) -> Any:
    """Return what is stored of a status; it must have all that is not optional, in the types of the schema."""
    if not isinstance(schema, dict):
        assert type(status) is schema
        return status
    assert not schema.keys() - status.keys() - OPTIONAL
    return {name: pruned(status[name], of) for name, of in schema.items() if name in status}


class Definitions(Released):
    """An API server with these definitions, and one object."""

    def __init__(self, kind: str, status: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.document = document(kind, vaultAuthRef="one")
        self.document["metadata"] |= {"generation": 3, "resourceVersion": "7"}
        if status:
            self.document["status"] = dict(status)

    def merge(self, *arguments: Any) -> Mapping[str, Any] | None:
        kind = self.document["kind"]
        status = {**self.document.get("status", {}), **arguments[2]["status"]}
        self.document["status"] = pruned(status, KEPT[kind])
        self.done.set()
        return self.document

    def entry(self) -> Entry:
        return entry_of(self.document, self.document["kind"])


class Requests:
    """A Vault that answers each request alike."""

    def __init__(self, found: Any) -> None:
        self.found = found
        self.number = 0

    def send(self, *_: Any) -> Any:
        self.number += 1
        return self.found


def tools_of(objects: Definitions, vault: Requests) -> Tools:
    """Return tools for an object whose Secret can be written, and is as it was written."""
    tools = replace(
        tools_with(objects),
        authorities=cast("Any", Trusting()),
        vaults=cast("Any", vault),
        sessions=cast("Any", SimpleNamespace(token=lambda *_: SimpleNamespace(value="t"))),
        notices=cast("Any", SimpleNamespace(send=lambda *_: None)),
        destinations=cast(
            "Any",
            SimpleNamespace(holds=lambda *_: True, write=lambda *_: True, check=lambda *_: None),
        ),
    )
    for each in (document("VaultConnection"), document("VaultAuth", vaultConnectionRef="one")):
        tools.store.put(entry_of(each, each["kind"]))
    return tools


@pytest.mark.parametrize("kind", [row.kind for row in KINDS])
def test_a_mistake_is_told_in_the_status_of_a_new_object(kind: str) -> None:
    objects = Definitions(kind)
    objects.document["spec"] = {"destination": 1, "address": 1, "method": 1, "templates": 1, "headers": 1}
    worked_with(tools_of(objects, Requests({})), objects, objects.entry())
    status = objects.document["status"]
    assert not status.get("valid")
    is_told = kind in ("VaultAuth", "VaultAuthGlobal", "SecretTransformation")
    assert ("spec." in status.get("error", "")) == is_told


@pytest.mark.parametrize("kind", ["VaultAuthGlobal", "SecretTransformation"])
def test_an_object_that_others_can_use_is_valid(kind: str) -> None:
    objects = Definitions(kind, {"valid": False, "error": "spec.method: it was wrong"})
    objects.document["spec"] = {}
    worked_with(tools_of(objects, Requests({})), objects, objects.entry())
    assert objects.document["status"] == {"valid": True, "error": ""}


def test_a_certificate_is_issued_once() -> None:
    expires_at = Number(int(time.time()) + 3600)
    vault = Requests({"data": {"certificate": "C", "expiration": expires_at, "serial_number": "7"}})
    objects = Definitions("VaultPKISecret")
    tools, spec = tools_of(objects, vault), cast("PkiSecretSpec", objects.entry().resource.spec)
    first_s = sync_certificate(tools, objects.entry(), spec, UNLIMITED)
    assert abs(sync_certificate(tools, objects.entry(), spec, UNLIMITED) - first_s) < 60
    assert vault.number == 1


def test_a_certificate_is_due_at_the_time_that_its_issue_has_named() -> None:
    now = int(time.time())
    status = {
        "lastGeneration": 3,
        "lastRotation": now - 3600,
        "valid": True,
        "error": "",
        "serialNumber": "7",
    }
    vault = Requests({"data": {"certificate": "C", "expiration": Number(now + 9000)}})
    for left_s, requests in ((600, 0), (300, 1)):
        objects = Definitions("VaultPKISecret", {**status, "expiration": now + left_s})
        tools, spec = tools_of(objects, vault), cast("PkiSecretSpec", objects.entry().resource.spec)
        sync_certificate(tools, objects.entry(), spec, UNLIMITED)
        assert vault.number == requests


def test_the_rotation_of_credentials_is_known_from_their_status() -> None:
    objects = Definitions("VaultDynamicSecret")
    objects.document["spec"]["allowStaticCreds"] = True
    vault = Requests(answer(600))
    tools, spec = tools_of(objects, vault), cast("DynamicSecretSpec", objects.entry().resource.spec)
    entry = objects.entry()
    identity = tools.identity(tools.access(spec.auth, "team"), "team", UNLIMITED)
    sync_rotated(tools, entry, spec, identity, UNLIMITED)
    first = objects.document["status"]
    vault.found = answer(500)
    sync_rotated(tools, objects.entry(), spec, identity, UNLIMITED)
    assert objects.document["status"] == first
    assert first["staticCredsMetaData"]["lastVaultRotation"] == 1795867200
