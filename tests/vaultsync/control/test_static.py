"""Static secrets and certificates: their status, with a Vault and a Secret in memory."""

import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.vaultkube.sync_resources.documents import document
from tests.vaultsync.content.specs import ANSWER
from tests.vaultsync.vault.scene import IDENTITY
from vaultenv.basics.jsontext import Number
from vaultkube.deadline import UNLIMITED
from vaultkube.errors import ClusterUnavailable, MissingRight
from vaultkube.sync_resources.secrets import DynamicSecretSpec, PkiSecretSpec, StaticSecretSpec
from vaultsync import reasons
from vaultsync.cluster.store import Entry, entry_of
from vaultsync.content.transformation import Merged
from vaultsync.control.certificates import sync_certificate
from vaultsync.control.conditions import Condition, rolled
from vaultsync.control.dynamic import sync_dynamic
from vaultsync.control.issuing import issue as issue_dynamic
from vaultsync.control.lease import Plan, Step, lease_in
from vaultsync.control.rotated import sync_rotated
from vaultsync.control.static import sync_static
from vaultsync.control.tools import Tools
from vaultsync.errors import NotOwner, NotWritten, SyncError
from vaultsync.vault.holders import Holder
from vaultsync.vault.tokens import Token


class Work:
    """The tools of one object: Vault's answer, the result of the write, and the recorded events, rollouts and status."""

    def __init__(self, answer: Any, status: dict[str, Any] | None = None) -> None:
        self.status = status or {}
        self.messages: list[str] = []
        self.events: list[str] = []
        self.types: set[str] = set()
        self.requests = self.rolled = 0
        self.holders: Any = None
        self.identity: Callable[..., Any] = lambda *_: None
        self.key = b"k" * 16
        self.answer = answer
        self.destinations = SimpleNamespace(
            write=lambda *_: True,
            holds=lambda *_: False,
            is_as_written=lambda *_: False,
            check=lambda *_: None,
        )

    def __getattr__(self, name: str) -> Any:
        return lambda *_: Merged() if name == "transformation" else None

    def request_as(self, identity: Any, spec: Any, request: Any, deadline: Any) -> Any:
        return self.send_request(None, request)

    def send_request(self, login: Any, request: Any) -> Any:
        self.requests += 1
        return self.answer

    def send_event(self, entry: Entry, reason: str, message: str, *, is_warning: bool = False) -> None:
        self.events.append(reason)

    def drop_finalizers(self, entry: Entry, _: Any) -> Entry:
        return entry

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
        return entry_of(found, kind)


def sync(work: Work, **spec: Any) -> float:
    entry = work.entry("VaultStaticSecret", **spec)
    return sync_static(cast("Tools", work), entry, cast("StaticSecretSpec", entry.resource.spec), UNLIMITED)


def issue(work: Work, **spec: Any) -> float:
    entry = work.entry("VaultPKISecret", **spec)
    return sync_certificate(cast("Tools", work), entry, cast("PkiSecretSpec", entry.resource.spec), UNLIMITED)


def test_the_status_has_a_mark_of_the_data() -> None:
    work = Work(ANSWER)
    sync(work)
    assert sorted(work.status) == ["lastGeneration", "secretMAC"]
    assert work.events == ["SecretSynced", "SecretRotated"]


def test_a_change_without_a_mark_rolls_the_workloads() -> None:
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


LEASE = {"id": "before", "duration": 3600, "renewable": True, "requestID": ""}
CREDENTIALS = {"data": {"password": "p"}, "lease_id": "after", "lease_duration": Number("3600")}


class Leasing(Work):
    """The tools of an object with a lease, `revoked` are the ids of tokens."""

    def __init__(self, answer: Any, client: str = "operator.login") -> None:
        meta = {"cacheKey": client, "id": "token before", "tokenExpiry": 0}
        lease = {"secretLease": LEASE, "lastRenewalTime": int(time.time()), "vaultClientMeta": meta}
        super().__init__(answer, {**lease, "lastGeneration": 1, "secretMAC": "m"})
        self.revoked: list[str] = []
        self.holders = SimpleNamespace(
            new=lambda *_: Token("t", 60.0, time.monotonic() + 60, renewable=True),
            id=lambda *_: "token after",
            revoke=lambda _holder, id_, _deadline: self.revoked.append(id_),
        )

    def issue(self, reason: str) -> float:
        entry = self.entry("VaultDynamicSecret", allowStaticCreds=True)
        spec, plan = cast("DynamicSecretSpec", entry.resource.spec), Plan(Step.ISSUE, reason)
        return issue_dynamic(cast("Tools", self), entry, spec, Holder("u", IDENTITY), plan, UNLIMITED)


@pytest.mark.parametrize(
    ("client", "revoked"), [("operator.login", ["token before"]), ("kubernetes-48a3e1", [])]
)
def test_a_lease_of_the_vault_secrets_operator_is_left_to_the_programs_that_use_it(
    client: str, revoked: list[str]
) -> None:
    work = Leasing(CREDENTIALS, client)
    work.issue(reasons.CLIENT_CHANGED)
    assert (work.status["secretLease"]["id"], work.revoked) == ("after", revoked)


@pytest.mark.parametrize("error", [NotOwner("it is another's"), MissingRight("a policy denies it")])
def test_a_lease_stays_that_of_the_object_when_its_secret_cannot_be_written_anew(error: Exception) -> None:
    def refuse(*_: Any) -> None:
        raise error

    work = Leasing(CREDENTIALS)
    before = dict(work.status)
    work.destinations.write = refuse
    with pytest.raises(SyncError, match=str(error)):
        work.issue(reasons.RESOURCE_UPDATED)
    assert work.revoked == ["token after"]
    assert {name: work.status[name] for name in before} == before


def test_credentials_that_are_in_no_secret_when_the_process_ends_are_not_taken_for_written() -> None:
    def end(*_: Any) -> None:
        raise SystemExit

    work = Leasing(CREDENTIALS)
    work.destinations.write = end
    with pytest.raises(SystemExit):
        work.issue(reasons.LEASE_RENEWED)
    assert work.status["secretLease"]["id"] == "after"
    assert "secretMAC" not in work.status, "of the credentials before, which the Secret still has"
    work.destinations.write = lambda *_: True
    work.issue(reasons.DESTINATION_MISSING)
    assert (work.events[-1], work.rolled) == ("SecretRotated", 1)
    assert work.status["secretMAC"]


def test_a_generation_in_the_status_that_somebody_else_wrote_is_replaced() -> None:
    work = Leasing(CREDENTIALS)
    work.status["lastGeneration"] = "text"
    work.holders.token = lambda *_: None
    work.identity = lambda *_: IDENTITY
    entry = work.entry("VaultDynamicSecret")
    sync_dynamic(cast("Tools", work), entry, cast("DynamicSecretSpec", entry.resource.spec), UNLIMITED)
    assert work.status["lastGeneration"] == 1


def test_an_object_whose_credentials_have_no_lease_any_more_has_none() -> None:
    work = Leasing({"data": {"password": "p", "ttl": Number("600")}})
    assert work.issue(reasons.RESOURCE_UPDATED) < 601
    assert lease_in(work.status) is None
    assert work.revoked == ["token before"]


def test_a_secret_that_a_quota_refuses_is_an_error_of_the_write_of_what_vault_has_issued() -> None:
    def refuse(*_: Any) -> None:
        raise ClusterUnavailable("the API server answered 403: exceeded quota")

    work = Work({"data": {"certificate": "C", "expiration": int(time.time()) + 3600}})
    work.destinations.write = refuse
    with pytest.raises(NotWritten, match="exceeded quota"):
        issue(work)
    assert work.requests == 1


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
