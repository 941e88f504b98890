"""Times and their spread."""

import pytest

from vaultsync.control.times import NEVER, certificate_s, horizon_s, refresh_s, retry_s


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 54.0), (1.0, 48.0)])
def test_a_refresh_comes_ten_to_twenty_percent_sooner(chance: float, seconds: float) -> None:
    assert refresh_s(60.0, True, chance) == pytest.approx(seconds)


def test_an_absent_refresh_after_is_a_minute_with_hmac_and_never_without() -> None:
    assert refresh_s(None, True, 0.0) == pytest.approx(54.0)
    assert refresh_s(None, False, 0.0) == NEVER


@pytest.mark.parametrize("refresh_after_s", [1e-9, 0.001, 1.0])
def test_vault_is_not_read_again_without_a_pause(refresh_after_s: float) -> None:
    assert refresh_s(refresh_after_s, True, 0.0) == 1.0


def test_failures_wait_longer_each_time_up_to_a_minute_without_an_end() -> None:
    waits = [retry_s(failures, 1.0) for failures in (1, 2, 3, 4, 5, 100)]
    assert waits == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


def test_what_has_vault_issue_something_in_vain_is_tried_ever_less_often() -> None:
    waits = [retry_s(failures, 1.0, is_waste=True) for failures in (1, 5, 7, 8, 100)]
    assert waits == [5.0, 80.0, 320.0, 600.0, 600.0]


def test_a_lease_of_a_minute_is_renewed_after_40_to_46_seconds() -> None:
    assert horizon_s(60.0, 67, 0.0) == pytest.approx(40.2)
    assert horizon_s(60.0, 67, 1.0) == pytest.approx(46.2)


def test_a_certificate_is_issued_anew_before_its_end() -> None:
    assert certificate_s(1000.0, 100.0, 0.0) == 900.0
    assert certificate_s(1000.0, None, 1.0) == pytest.approx(890.0)
    assert certificate_s(10.0, 100.0, 0.0) == 0.0


def test_a_lease_is_not_renewed_at_once_where_no_part_of_it_is_to_pass() -> None:
    assert horizon_s(3600.0, 0, 0.0) == 1.0
    assert horizon_s(1.0, 0, 0.0) == 0.5


@pytest.mark.parametrize("duration_s", [0.0, 0.001, 0.9])
def test_a_lease_that_cannot_be_used_is_not_followed_by_the_next_one_at_once(duration_s: float) -> None:
    """Vault's answer may hold any duration, and a negative one counts as 0."""
    assert horizon_s(duration_s, 67, 0.5) == 5.0
