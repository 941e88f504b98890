"""The pace of rollouts."""

from vaultsync.reload.pace import Pace


def test_rollouts_in_any_minute_are_bounded_and_the_next_gets_its_wait() -> None:
    now = [100.0]
    pace = Pace(2, lambda: now[0])
    assert pace.grant("team") == 0
    now[0] = 130.0
    assert (pace.grant("team"), pace.grant("team")) == (0, 30.0)
    now[0] = 160.0
    assert (pace.grant("team"), pace.grant("team")) == (0, 30.0)


def test_a_busy_namespace_leaves_turns_to_waiting_namespaces() -> None:
    now = [100.0]
    pace = Pace(10, lambda: now[0])
    for _ in range(10):
        assert pace.grant("busy") == 0
    wait_s = pace.grant("quiet")
    now[0] += wait_s
    for _ in range(7):
        assert pace.grant("busy") == 0
    assert pace.grant("busy") == 60.0
    assert (pace.grant("quiet"), pace.grant("busy")) == (0, 0)


def test_a_namespace_without_further_requests_loses_its_turn() -> None:
    now = [100.0]
    pace = Pace(4, lambda: now[0])
    for _ in range(4):
        pace.grant("busy")
    pace.grant("gone")
    now[0] = 161.0
    assert [pace.grant("busy") for _ in range(5)] == [0, 0, 0, 0, 60.0]
