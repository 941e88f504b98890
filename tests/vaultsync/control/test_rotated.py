"""Credentials rotated by Vault, decided from its answers and the status."""

from typing import Any

import pytest

from tests.vaultsync.content.specs import dynamic
from vaultenv.basics.jsontext import loads
from vaultsync.control.rotated import as_first_read, is_rotated, late_s, rotation_fields, rotation_s
from vaultsync.control.times import NEVER


def answer(ttl: int, rotated_at: str = "2026-11-28T12:00:00Z") -> dict[str, Any]:
    """Return Vault's answer for a static role."""
    data = f'{{"password":"p","ttl":{ttl},"last_vault_rotation":"{rotated_at}"}}'
    return dict(loads(f'{{"data":{data}}}'.encode()))


def test_credentials_are_read_again_just_after_vault_has_rotated_them() -> None:
    assert 600.5 <= rotation_s(dynamic(allowStaticCreds=True), answer(600)) <= 600.65
    assert 0.5 <= rotation_s(dynamic(allowStaticCreds=True), answer(0)) <= 0.65


def test_a_refresh_before_the_rotation_wins() -> None:
    spec = dynamic(allowStaticCreds=True, refreshAfter="100s")
    assert 80 <= rotation_s(spec, answer(600)) <= 90
    assert rotation_s(spec, answer(10)) < 11


def test_a_ttl_of_other_credentials_is_no_rotation() -> None:
    found = loads(b'{"data":{"token":"t","ttl":10}}')
    assert 80 <= rotation_s(dynamic(refreshAfter="100s"), found) <= 90
    assert rotation_s(dynamic(), found) == NEVER


def test_an_answer_with_a_rotation_is_of_a_static_role_though_the_object_does_not_say_so() -> None:
    assert 600.5 <= rotation_s(dynamic(), answer(600)) <= 600.65
    assert is_rotated(dynamic(), rotation_fields(answer(600), 0.0))
    nothing = {"lastVaultRotation": 0, "rotationPeriod": 0, "ttl": 0}
    assert not is_rotated(dynamic(), {"staticCredsMetaData": nothing}), "as of the Vault Secrets Operator"


@pytest.mark.parametrize("ttl", ["", ',"ttl":0', ',"ttl":"30m"'])
def test_credentials_without_ttl_and_refresh_are_read_each_minute(ttl: str) -> None:
    found = loads(f'{{"data":{{"password":"p"{ttl}}}}}'.encode())
    assert 48 <= rotation_s(dynamic(allowStaticCreds=True), found) <= 54


def test_a_shrinking_ttl_is_no_change_until_vault_rotates() -> None:
    status = rotation_fields(answer(600), 0.0)
    assert as_first_read(answer(10), status) == answer(600)
    after = answer(600, "2026-11-28T12:10:00Z")
    assert as_first_read(after, status) == after


def test_an_answer_without_a_rotation_stays_as_it_is() -> None:
    found = loads(b'{"data":{"token":"t","ttl":5}}')
    assert rotation_fields(found, 7.5) == {"staticCredsMetaData": None, "lastRenewalTime": 7}
    assert as_first_read(found, {}) == found


@pytest.mark.parametrize(
    "rotated_at",
    ['"hunter2"', '"2026-13-28T12:00:00Z"', '"2026-11-28T12:00:00Z hunter2"', '{"a": "b"}', "7", "[]"],
)
def test_a_malformed_time_of_rotation_is_in_no_status(rotated_at: str) -> None:
    found = loads(f'{{"data":{{"password":"p","ttl":5,"last_vault_rotation":{rotated_at}}}}}'.encode())
    assert rotation_fields(found, 7.5) == {"staticCredsMetaData": None, "lastRenewalTime": 7}
    assert (
        as_first_read(
            found, {"staticCredsMetaData": {"lastVaultRotation": found["data"]["last_vault_rotation"]}}
        )
        == found
    )


@pytest.mark.parametrize(
    ("rotated_at", "seconds"),
    [("2026-11-28T12:00:00.123456789Z", 1795867200), ("2026-11-28T12:00:00.1+02:00", 1795860000)],
)
def test_a_time_may_have_nanoseconds_and_an_offset(rotated_at: str, seconds: int) -> None:
    fields = rotation_fields(answer(5, rotated_at), 0.0)
    assert fields["staticCredsMetaData"]["lastVaultRotation"] == seconds


def test_a_status_that_somebody_has_written_is_no_error() -> None:
    for found in ("text", [1], {"lastVaultRotation": 1795867200, "ttl": "text"}):
        as_first_read(answer(5), {"staticCredsMetaData": found})


def test_a_rotation_that_vault_makes_late_is_not_missed_though_the_ttl_is_that_of_the_next_one() -> None:
    """Vault rotates due credentials every five seconds; the `ttl` of a daily schedule is a day again from midnight on."""
    spec, day_s = dynamic(allowStaticCreds=True), 86400
    status = rotation_fields(answer(100), 1000.0)
    waits = []
    seconds = 1100.5
    while seconds < 1105.0:
        assert {**status, **rotation_fields(answer(day_s), seconds, status)} == status
        waits.append(rotation_s(spec, answer(day_s), late_s(answer(day_s), status, seconds)))
        seconds += waits[-1]
    assert waits[0] < 1.0
    assert seconds < 1108.0
    after = answer(day_s, "2026-11-28T12:10:00Z")
    assert late_s(after, status, seconds) is None
    fields = rotation_fields(after, seconds, status)
    assert (fields["lastRenewalTime"], fields["staticCredsMetaData"]["ttl"]) == (int(seconds), day_s)


def test_an_overdue_rotation_is_read_with_growing_pauses() -> None:
    spec, seconds, reads = dynamic(allowStaticCreds=True), 1100.0, 0
    status = rotation_fields(answer(100), 1000.0)
    while seconds < 86400:
        seconds += rotation_s(spec, answer(86400), late_s(answer(86400), status, seconds))
        reads += 1
    assert reads < 30


def test_credentials_whose_rotation_fails_are_not_read_twice_a_second() -> None:
    """The `ttl` is 0 as long as Vault cannot reach the database, and Vault tries again every ten seconds."""
    spec, seconds, waits = dynamic(allowStaticCreds=True), 1100.0, []
    status = rotation_fields(answer(100), 1000.0)
    while seconds < 4700:
        waits.append(rotation_s(spec, answer(0), late_s(answer(0), status, seconds)))
        seconds += waits[-1]
    assert waits[0] < 1.0
    assert len(waits) < 80
    assert max(waits) < 61.0


def test_before_the_rotation_and_without_a_time_of_it_the_ttl_counts() -> None:
    status = rotation_fields(answer(100), 1000.0)
    assert late_s(answer(50), status, 1050.0) is None
    earlier = {"staticCredsMetaData": {"lastVaultRotation": 1795867200, "ttl": 100}}
    assert late_s(answer(50), earlier, 1e9) is None
