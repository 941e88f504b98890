"""Steps of a dynamic secret, decided from its status and the clock."""

from dataclasses import replace

import pytest

from vaultsync import reasons
from vaultsync.control.lease import (
    Facts,
    Lease,
    Plan,
    Step,
    client_in,
    is_truncated,
    lease_in,
    lease_status,
    plan,
)

LEASE = Lease("db/creds/app/1", 100.0, True, granted_at=1000.0, token_ends_at=0.0)
FACTS = Facts(2, 2, True, "client", "client", 67, now=1010.0, chance=0.5)


def test_a_lease_waits_until_the_percent_of_its_duration() -> None:
    assert plan(LEASE, FACTS) == Plan(Step.WAIT, delay_s=62.0)


def test_a_due_lease_is_renewed_or_else_issued_anew() -> None:
    due = replace(FACTS, now=1073.0)
    assert plan(LEASE, due).step is Step.RENEW
    assert plan(replace(LEASE, renewable=False), due).step is Step.ISSUE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"generation": 3}, reasons.RESOURCE_UPDATED),
        ({"client": "other"}, reasons.CLIENT_CHANGED),
        ({"has_secret": False}, reasons.DESTINATION_MISSING),
        ({"has_secret": False, "is_as_written": True}, reasons.FORCE_SYNC),
        ({"now": 1101.0}, reasons.RENEWAL_FAILED),
        ({"last_generation": 0}, reasons.INITIAL_SYNC),
    ],
)
def test_credentials_are_issued_anew_for_a_reason(change: dict[str, object], reason: str) -> None:
    assert plan(LEASE, replace(FACTS, **change)) == Plan(Step.ISSUE, reason)  # type: ignore[arg-type]


def test_credentials_are_issued_anew_before_their_token_ends() -> None:
    lease = replace(LEASE, duration_s=1000.0, token_ends_at=1100.0)
    assert plan(lease, FACTS) == Plan(Step.WAIT, delay_s=80.0)
    assert plan(lease, replace(FACTS, now=1090.0)) == Plan(Step.ISSUE, reasons.LOGIN_ROTATED)


def test_a_clock_that_went_back_shortens_no_lease() -> None:
    assert plan(LEASE, replace(FACTS, now=900.0)).step is Step.WAIT


def test_a_lease_is_read_from_the_status_as_it_was_written() -> None:
    lease = replace(LEASE, token_ends_at=5000.0, token_id="id")
    assert lease_in(lease_status(lease, "request", "client")) == lease
    assert lease_in({}) is None


@pytest.mark.parametrize(
    "status",
    [
        {"secretLease": "one"},
        {"secretLease": {"id": "one", "duration": "long"}, "lastRenewalTime": [1], "vaultClientMeta": "me"},
        {"secretLease": {"id": "one", "duration": {}}, "vaultClientMeta": {"tokenExpiry": "never"}},
    ],
)
def test_a_status_that_somebody_else_wrote_ends_no_work(status: dict[str, object]) -> None:
    lease = lease_in(status)
    assert lease is None or (lease.id, lease.duration_s, lease.ends_at()) == ("one", 0.0, 0.0)
    assert client_in(status) == ""


def test_a_renewal_shorter_than_requested_is_truncated() -> None:
    assert is_truncated(18, 60)
    assert not is_truncated(60, 60)


def test_a_lease_of_another_installation_is_respected_while_renewed() -> None:
    facts = replace(FACTS, client="one.mark", last_client="two.mark", has_secret=False)
    assert plan(LEASE, facts) == Plan(Step.WAIT, delay_s=87.0)
    assert plan(LEASE, replace(facts, now=1098.0)) == Plan(Step.ISSUE, reasons.CLIENT_CHANGED)
    other_login = replace(facts, last_client="one.other")
    assert plan(LEASE, other_login) == Plan(Step.ISSUE, reasons.CLIENT_CHANGED)
    of_the_original = replace(facts, last_client="approle-0123")
    assert plan(LEASE, of_the_original) == Plan(Step.ISSUE, reasons.CLIENT_CHANGED)
