"""Static secrets and certificates: the status that is left, on a Vault and a Secret that answer from memory."""

import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.vaultkube.sync_resources.documents import document
from tests.vaultsync.content.specs import ANSWER
from tests.vaultsync.vault.scene import IDENTITY
from vaultenv.basics.jsontext import Number
from vaultkube.deadline import UNLIMITED
from vaultkube.sync_resources.resources import API_VERSION
from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec, StaticSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry, entry_of
from vaultsync.content.transformation import Merged
from vaultsync.control.certificates import sync_certificate
from vaultsync.control.conditions import Condition, rolled
from vaultsync.control.issuing import issue as issue_dynamic
from vaultsync.control.lease import Plan, Step
from vaultsync.control.rotated import sync_rotated
from vaultsync.control.static import sync_static
from vaultsync.control.tools import Tools
from vaultsync.errors import NotOwner
from vaultsync.vault.holders import Holder
from vaultsync.vault.tokens import Token


class Work:
    """The tools of one object: Vault's answer, whether the Secret changes, and what was told, rolled and saved."""

    def __init__(self, answer: Any, status: dict[str, Any] | None = None) -> None:
        self.status = status or {}
        self.messages: list[str] = []
        self.events: list[str] = []
        self.types: set[str] = set()
        self.requests = self.rolled = 0
        self.holders: Any = None
        self.key = b"k" * 16
        self.answer = answer
        self.destinations = SimpleNamespace(
            write=lambda *_: True,
            holds=lambda *_: False,
            check=lambda *_: None,
        )

    def __getattr__(self, name: str) -> Any:
        return lambda *_: Merged() if name == "transformation" else None

    def send_request(self, login: Any, request: Any) -> Any:
        self.requests += 1
        return self.answer

    def send_event(self, entry: Entry, reason: str, message: str, *, is_warning: bool = False) -> None:
        self.events.append(reason)

    def roll(self, *_: Any) -> tuple[Condition, ...]:
        self.rolled += 1
        return rolled([])

    def save(self, entry: Entry, conditions: Sequence[Condition], fields: dict[str, Any], _: Any) -> Entry:
        self.messages = [each.message for each in conditions]
        self.types |= {each.type for each in conditions}
        self.status = {name: value for name, value in {**self.status, **fields}.items() if value is not None}
        return entry

    def entry(self, kind: str, **spec: Any) -> Entry:
        found = document(kind, **spec) | {"status": self.status}
        found["metadata"]["generation"] = 1
        return entry_of(found, kind, API_VERSION)


def sync(work: Work, **spec: Any) -> float:
    entry = work.entry("VaultStaticSecret", **spec)
    return sync_static(cast("Tools", work), entry, cast("StaticSecretSpec", entry.resource.spec), UNLIMITED)


def issue(work: Work, **spec: Any) -> float:
    entry = work.entry("VaultPKISecret", **spec)
    return sync_certificate(cast("Tools", work), entry, cast("PkiSecretSpec", entry.resource.spec), UNLIMITED)


def test_the_status_keeps_a_mark_of_the_data() -> None:
    work = Work(ANSWER)
    sync(work)
    assert sorted(work.status) == ["lastGeneration", "secretMAC"]
    assert work.events == ["SecretSynced", "SecretRotated"]


def test_without_hmac_it_keeps_none_and_a_later_change_rolls_what_depends_on_it() -> None:
    work = Work(ANSWER, {"secretMAC": "of before"})
    sync(work, hmacSecretData=False)
    assert work.status == {"lastGeneration": 1}
    work = Work(ANSWER)
    sync(work, hmacSecretData=False)
    assert (work.status, work.rolled) == ({"lastGeneration": 1}, 0)
    work.events.clear()
    sync(work, hmacSecretData=False)
    assert (work.events, work.rolled) == (["SecretRotated"], 1)
    assert work.types == {"SecretSynced", "Healthy", "Ready", "RolloutRestart"}


@pytest.mark.parametrize(
    ("offset", "least_s", "has_event"), [("30m", 1600, False), ("24h", 3000, True), ("1h", 3000, True)]
)
def test_certificates_are_not_issued_without_an_end_where_the_offset_is_longer_than_their_life(
    offset: str, least_s: int, has_event: bool
) -> None:
    work = Work({"data": {"certificate": "C", "expiration": int(time.time()) + 3600}})
    assert issue(work, expiryOffset=offset) > least_s
    assert abs(work.status["lastRotation"] - time.time()) < 60
    assert ["expiryOffset" in each for each in work.messages] == [has_event] * 3


@pytest.mark.parametrize(("client", "is_revoked"), [("operator.login", True), ("kubernetes-48a3e1", False)])
def test_a_lease_of_the_vault_secrets_operator_is_left_to_the_programs_that_use_it(
    client: str, is_revoked: bool
) -> None:
    lease = {"id": "before", "duration": 3600, "renewable": True, "requestID": ""}
    before = {
        "secretLease": lease,
        "lastRenewalTime": int(time.time()),
        "vaultClientMeta": {"cacheKey": client},
    }
    work = Work(
        {"data": {"password": "p"}, "lease_id": "after", "lease_duration": Number("3600")},
        {**before, "lastGeneration": 1, "secretMAC": "m"},
    )
    revoked: list[object] = []
    work.holders = SimpleNamespace(
        new=lambda *_: Token("t", 60.0, time.monotonic() + 60, renewable=True),
        id=lambda *_: "id",
        revoke=lambda *_: revoked.append(_),
    )
    entry = work.entry("VaultDynamicSecret")
    spec, holder = cast("DynamicSecretSpec", entry.resource.spec), Holder("u", IDENTITY)
    issue_dynamic(
        cast("Tools", work), entry, spec, holder, Plan(Step.ISSUE, reasons.CLIENT_CHANGED), UNLIMITED
    )
    assert work.status["secretLease"]["id"] == "after"
    assert bool(revoked) is is_revoked


def test_nothing_is_issued_for_a_secret_that_may_not_be_written() -> None:
    def refuse(*_: Any) -> None:
        raise NotOwner("it is somebody else's")

    work = Work({"data": {"certificate": "C", "expiration": int(time.time()) + 3600}})
    work.destinations.check = refuse
    with pytest.raises(NotOwner):
        issue(work)
    entry = work.entry("VaultDynamicSecret")
    spec = cast("DynamicSecretSpec", entry.resource.spec)
    with pytest.raises(NotOwner):
        issue_dynamic(cast("Tools", work), entry, spec, cast("Any", None), Plan(Step.ISSUE), UNLIMITED)
    with pytest.raises(NotOwner):
        sync_rotated(cast("Tools", work), entry, spec, cast("Any", None), UNLIMITED)
    assert work.requests == 0
