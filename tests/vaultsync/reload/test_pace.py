"""The pace of rollouts."""

from vaultsync.reload.pace import Pace


def test_so_many_are_granted_in_any_minute_and_the_next_is_told_its_time() -> None:
    now = [100.0]
    pace = Pace(2, lambda: now[0])
    assert pace.grant() == 0
    now[0] = 130.0
    assert (pace.grant(), pace.grant()) == (0, 30.0)
    now[0] = 160.0
    assert (pace.grant(), pace.grant()) == (0, 30.0)
