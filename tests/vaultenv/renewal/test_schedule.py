"""The schedule: consul-template's waits by research, and the next actions after renewals and failures."""

from itertools import accumulate

import pytest

from vaultenv.basics.jsontext import loads
from vaultenv.renewal.schedule import (
    EXPIRING,
    LEASED,
    NEVER,
    RETRIES,
    ROTATED,
    STATIC,
    Held,
    Pace,
    Terms,
    backoff_s,
    ended,
    failed,
    granted,
    pause_s,
    renewed,
    stale,
    terms_of,
    until,
)

DATE_S = 1_700_000_000.0
FIVE_MINUTES = Pace(300.0)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('{"data":{"data":{"a":"b"},"metadata":{"version":1}}}', Terms()),
        ('{"lease_id":"","lease_duration":2764800,"data":{"a":"b"}}', Terms(STATIC, 2764800.0)),
        (
            '{"lease_id":"","lease_duration":60,"data":{"certificate":"x","expiration":1700000100}}',
            Terms(STATIC, 60.0),
        ),
        (
            '{"lease_id":"db/creds/x/1","lease_duration":3600,"renewable":true,"data":{}}',
            Terms(LEASED, 3600.0, "db/creds/x/1", True),
        ),
        (
            '{"lease_id":"pki/1","lease_duration":60,"renewable":false,"data":{"certificate":"x","expiration":1}}',
            Terms(LEASED, 60.0, "pki/1"),
        ),
        ('{"lease_id":"","data":{"certificate":"x","expiration":1700000100}}', Terms(EXPIRING, 100.0)),
        ('{"data":{"certificate":"x","expiration":1699999999}}', Terms(EXPIRING, 0.0)),
        ('{"data":{"certificate":"x","expiration":0}}', Terms()),
        ('{"data":{"certificate":"x"}}', Terms()),
        ('{"data":{"secret_id":"x","secret_id_ttl":600}}', Terms(EXPIRING, 601.0)),
        ('{"data":{"secret_id":"x","secret_id_ttl":0}}', Terms()),
        ('{"data":{"rotation_period":86400,"ttl":120,"username":"u"}}', Terms(ROTATED, 121.0)),
        ('{"data":{"rotation_period":86400,"ttl":0}}', Terms(ROTATED, 1.0)),
        (
            '{"data":{"rotation_schedule":"0 0 * * *","rotation_window":3600,"ttl":120}}',
            Terms(ROTATED, 127.0),
        ),
        ('{"data":{"rotation_schedule":"0 0 * * *"}}', Terms()),
        (
            '{"lease_id":"","lease_duration":0,"data":null,'
            '"auth":{"accessor":"c","lease_duration":60,"renewable":true}}',
            Terms(LEASED, 60.0, "c"),
        ),
        ('{"auth":{"client_token":"b","lease_duration":60}}', Terms(LEASED, 60.0)),
        ('{"auth":{"accessor":"c","lease_duration":0}}', Terms()),
        ('{"data":null}', Terms()),
        ("{}", Terms()),
    ],
)
def test_an_answer_says_how_long_it_holds(answer: str, expected: Terms) -> None:
    assert terms_of(loads(answer.encode()), DATE_S) == expected


@pytest.mark.parametrize(
    ("terms", "pace", "earliest", "latest"),
    [
        (Terms(), FIVE_MINUTES, 255.0, 285.0),
        (Terms(), Pace(10.0, threshold=0.5), 8.5, 9.5),
        (Terms(STATIC, 2764800.0), FIVE_MINUTES, 255.0, 285.0),
        (Terms(STATIC, 60.0), FIVE_MINUTES, 51.0, 57.0),
        (Terms(LEASED, 100.0, "a"), FIVE_MINUTES, 85.0, 95.0),
        (Terms(LEASED, 100.0, "a"), Pace(300.0, threshold=0.5), 45.0, 55.0),
        (Terms(LEASED, 100.0, "a"), Pace(300.0, threshold=0.98), 93.0, 98.0),
        (Terms(LEASED, 100.0, "a"), Pace(300.0, threshold=0.03), 3.0, 8.0),
        (Terms(LEASED, 90.0, "a", True), FIVE_MINUTES, 60.0, 60.0),
        (Terms(EXPIRING, 100.0), FIVE_MINUTES, 85.0, 95.0),
        (Terms(EXPIRING, 0.0), FIVE_MINUTES, 1.0, 1.0),
        (Terms(LEASED, 0.0, "a"), FIVE_MINUTES, 1.0, 1.0),
        (Terms(ROTATED, 121.0), FIVE_MINUTES, 121.0, 121.0),
        (Terms(ROTATED, 86401.0), FIVE_MINUTES, 255.0, 285.0),
        (Terms(ROTATED, 86401.0), Pace(0.0), 86401.0, 86401.0),
        (Terms(), Pace(0.0), NEVER, NEVER),
        (Terms(STATIC, 60.0), Pace(0.0), NEVER, NEVER),
    ],
)
def test_the_next_action_follows_the_kind_of_the_answer(
    terms: Terms, pace: Pace, earliest: float, latest: float
) -> None:
    first, last = granted(terms, pace, 0.0, 0.0), granted(terms, pace, 0.0, 1.0)
    assert (first.due_at, last.due_at) == (pytest.approx(earliest), pytest.approx(latest))
    assert granted(terms, pace, 1000.0, 0.0).due_at == pytest.approx(earliest + 1000.0)


def test_a_lease_is_renewed_again_and_again_and_read_anew_near_its_longest_time() -> None:
    held = granted(Terms(LEASED, 90.0, "a", True), FIVE_MINUTES, 0.0, 0.5)
    assert held.renewable
    again = renewed(held, 90.0, 60.0)
    assert (again.renewable, again.due_at, again.ends_at) == (True, 120.0, 150.0)
    short = renewed(again, 30.0, 120.0)
    assert (short.renewable, short.due_at, short.ends_at) == (False, 147.0, 150.0)
    refused = ended(again, 120.0)
    assert (refused.renewable, refused.due_at, refused.ends_at) == (False, 120.0, 150.0)


def test_an_answer_is_stale_from_its_own_end_on_and_a_static_one_never() -> None:
    held = granted(Terms(LEASED, 100.0, "a"), FIVE_MINUTES, 0.0, 0.5)
    assert not stale(held, 99.9)
    assert stale(held, 100.0)
    assert not stale(granted(Terms(), FIVE_MINUTES, 0.0, 0.5), 1e12)


def test_a_held_certificate_is_replaced_after_nine_tenths_or_the_given_part_of_its_life() -> None:
    held = granted(Terms(EXPIRING, 5.0), FIVE_MINUTES, 0.0, 0.5)
    assert until(held, -20.0, 80.0, 0.0, 0.9).due_at == pytest.approx(70.0)
    assert until(held, -20.0, 80.0, 0.0, 0.5).due_at == pytest.approx(30.0)
    late = until(held, -95.0, 5.0, 0.0, 0.9)
    assert (late.due_at, late.ends_at) == (1.0, 5.0)


def test_pauses_double_and_about_five_minutes_of_them_make_a_loss() -> None:
    pauses = [pause_s(failures) for failures in range(1, RETRIES + 1)]
    assert pauses == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert list(accumulate(pauses))[-1] == 303.75
    assert [pause_s(failures) for failures in (13, 14, 15, 16, 1000)] == [120, 240, 300, 300, 300]


def test_a_failure_changes_only_the_time_of_the_next_attempt() -> None:
    held = Held(Terms(LEASED, 90.0, "a", True), 60.0, 90.0, 90.0, renewable=True)
    later = failed(held, 3, 61.0)
    assert (later.due_at, later.ends_at, later.renewable, later.terms) == (62.0, 90.0, True, held.terms)


def test_logins_back_off_between_their_bounds() -> None:
    assert [backoff_s(failures, 1.0, 300.0, 0.0) for failures in (1, 2, 3, 9, 10, 10_000)] == [
        1.0,
        2.0,
        4.0,
        256.0,
        300.0,
        300.0,
    ]
    assert backoff_s(2, 1.0, 300.0, 1.0) == 1.5
