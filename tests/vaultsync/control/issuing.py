"""An object that issues credentials or certificates, with an API server and a Vault in memory."""

import time
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from tests.vaultkube.sync_resources.documents import document
from tests.vaultsync.control.test_destination import Secrets
from tests.vaultsync.control.test_tools import Patched, Trusting, tools_with
from vaultenv.basics.jsontext import Number
from vaultkube.apiserver.resources import Resource as Collection
from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.sync_resources.resources import GROUP
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.store import Entry, entry_of
from vaultsync.control.certificates import sync_certificate
from vaultsync.control.destination import Destinations
from vaultsync.control.dynamic import sync_dynamic
from vaultsync.errors import VaultDenied
from vaultsync.vault.client import Call
from vaultsync.vault.server import Server
from vaultsync.vault.tokens import Token

DESTINATION = {"name": "keys", "create": True}
TARGETS = [{"kind": "Deployment", "name": "app"}]


class Api(Secrets):
    """An API server with one custom object, and the Secrets of its namespace."""

    def __init__(self, found: dict[str, Any]) -> None:
        super().__init__()
        self.found = found
        self.annotated: list[str] = []

    def merge(
        self, collection: Collection, name: str, patch: Mapping[str, Any], deadline: Deadline, part: str = ""
    ) -> Mapping[str, Any] | None:
        if collection.group == "apps":
            self.annotated.append(name)
            return {}
        if collection.group != GROUP:
            return super().merge(collection, name, patch, deadline)
        status = {**self.found.get("status", {}), **patch.get("status", {})}
        self.found["status"] = {key: value for key, value in status.items() if value is not None}
        return self.found


class Issuing:
    """A Vault that issues other credentials at each request; with `error` it refuses them."""

    def __init__(self) -> None:
        self.issued = self.renewed = 0
        self.lease_s, self.is_leased = 3600, True
        self.data: dict[str, Any] = {}
        self.error: VaultDenied | None = None

    def send(self, server: Server, call: Call) -> dict[str, Any]:
        if call.path == "sys/leases/renew":
            self.renewed += 1
            return {"lease_id": "db/1", "lease_duration": Number(self.lease_s), "renewable": True}
        if self.error:
            raise self.error
        self.issued += 1
        data = {"user": f"u{self.issued}", "expiration": Number(int(time.time()) + 86400), **self.data}
        lease = {"lease_id": f"db/{self.issued}", "lease_duration": Number(self.lease_s), "renewable": True}
        return {"data": data, **(lease if self.is_leased else {})}


class Scene:
    """An object that has been synced once, and what follows its changes."""

    def __init__(self, kind: str, **spec: Any) -> None:
        found = document(kind, vaultAuthRef="one", **{"destination": DESTINATION, **spec})
        found["metadata"] |= {"uid": "u1", "generation": 1}
        self.kind, self.api, self.vault = kind, Api(found), Issuing()
        self.revoked: list[str] = []
        self.events: list[str] = []
        token = Token("t", 86400.0, time.monotonic() + 86400, renewable=True)
        holders = SimpleNamespace(
            new=lambda *_: token,
            token=lambda *_: token,
            id=lambda *_: f"id {self.vault.issued}",
            revoke=lambda _holder, id_, _deadline: self.revoked.append(id_),
        )
        tools = tools_with(cast("Patched", self.api))
        self.tools = replace(
            tools,
            objects=cast("Objects", self.api),
            authorities=cast("Any", Trusting()),
            vaults=cast("Any", self.vault),
            sessions=cast("Any", SimpleNamespace(token=lambda *_: token, forget=lambda *_: None)),
            notices=cast("Any", SimpleNamespace(send=lambda notice: self.events.append(notice.reason))),
            destinations=Destinations(cast("Objects", self.api), tools.store),
            holders=cast("Any", holders),
        )
        self.put("VaultConnection")
        self.put("VaultAuth", vaultConnectionRef="one")

    def put(self, kind: str, name: str = "one", **spec: Any) -> None:
        self.tools.store.put(entry_of(document(kind, name, **spec), kind))

    def entry(self) -> Entry:
        return entry_of(self.api.found, self.kind)

    def sync(self, **change: Any) -> float:
        """Apply a change of the spec, work on the object, and return the seconds until the next time."""
        if change:
            self.api.found["spec"] |= change
            self.api.found["metadata"]["generation"] += 1
        entry = self.entry()
        work: Any = sync_dynamic if self.kind == "VaultDynamicSecret" else sync_certificate
        return float(work(self.tools, entry, entry.resource.spec, UNLIMITED))

    @property
    def status(self) -> dict[str, Any]:
        return dict(self.api.found["status"])

    @property
    def secret(self) -> dict[str, Any]:
        return self.api.stored["keys"]
