"""The answers kept between mounts, and their ends."""

import json
from typing import Any

import pytest

from vaultcsi.vault.issued import AHEAD_S, IssuedAnswer, issued_answer
from vaultenv.basics.jsontext import loads
from vaultenv.renewal.schedule import renewed

NOW, DATE_S = 1000.0, 1_700_000_000


def issued(method: str = "GET", **body: Any) -> IssuedAnswer | None:
    return issued_answer(method, loads(json.dumps(body).encode()), NOW, DATE_S, 0.5)


def lease(lease_s: int, *, renewable: bool) -> IssuedAnswer:
    found = issued(lease_id="db/creds/app/1", lease_duration=lease_s, renewable=renewable, data={"k": "v"})
    assert found
    return found


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"data": {"k": "v"}, "metadata": {"version": 1}}},
        {"data": {"k": "v"}, "lease_duration": 2764800},
        {"data": {"password": "p", "rotation_period": 60, "ttl": 5}},
    ],
    ids=["KV version 2", "KV version 1", "static role"],
)
def test_a_stored_secret_is_not_kept_between_mounts(body: dict[str, Any]) -> None:
    assert issued(**body) is None


def test_a_renewable_lease_is_replaced_only_at_its_end() -> None:
    answer = lease(3600, renewable=True)
    assert answer.ends_with_token
    assert not answer.is_replaced(NOW + 3599)
    assert answer.is_replaced(NOW + 3600)


def test_another_lease_is_replaced_before_the_last_mount_that_it_covers() -> None:
    answer = lease(600, renewable=False)
    assert not answer.is_replaced(NOW + 600 - AHEAD_S - 1)
    assert answer.is_replaced(NOW + 600 - AHEAD_S + 1)


def test_a_lease_that_cannot_be_extended_further_is_replaced() -> None:
    answer = lease(3600, renewable=True)
    near_its_end = IssuedAnswer(answer.body, renewed(answer.held, 600, NOW + 2400))
    assert not near_its_end.is_replaced(NOW + 2401)
    assert near_its_end.is_replaced(NOW + 3000 - AHEAD_S + 1)


def test_a_certificate_outlives_the_token() -> None:
    answer = issued("POST", data={"certificate": "c", "expiration": DATE_S + 3600})
    assert answer
    assert not answer.ends_with_token
    assert not answer.is_replaced(NOW + 3000)
    assert answer.is_replaced(NOW + 3600)


def test_an_answer_to_a_write_without_an_end_lasts_as_long_as_the_token() -> None:
    answer = issued("POST", data={"signed_key": "k"})
    assert answer
    assert answer.ends_with_token
    assert not answer.is_replaced(NOW + 1e9)


def test_the_repr_of_a_kept_answer_shows_no_value() -> None:
    assert "s3cr3t" not in repr(issued("POST", data={"k": "s3cr3t"}))
