"""The bounds on the number of Events."""

from tests.webhook.clock import Clock
from vaultkube.events import Limit


def test_the_same_event_is_allowed_once_a_minute() -> None:
    clock = Clock()
    limit = Limit(clock)
    assert [limit.allows("n", "a"), limit.allows("n", "a"), limit.allows("n", "b")] == [True, False, True]
    clock.now_s += 59
    assert not limit.allows("n", "a")
    clock.now_s += 1
    assert limit.allows("n", "a")


def test_a_burst_of_events_is_followed_by_one_a_second() -> None:
    clock = Clock()
    limit = Limit(clock)
    assert [limit.allows(str(number)) for number in range(30)] == [True] * 20 + [False] * 10
    clock.now_s += 3
    assert [limit.allows(f"later {number}") for number in range(5)] == [True] * 3 + [False] * 2


def test_many_events_of_one_namespace_do_not_suppress_those_of_others() -> None:
    clock = Clock()
    limit = Limit(clock)
    loud = [limit.allows("loud", str(number)) for number in range(1000)]
    assert sum(loud) == 5
    assert [limit.allows("quiet", str(number)) for number in range(5)] == [True] * 5
    for second in range(100):
        clock.now_s += 1
        for number in range(50):
            loud.append(limit.allows("loud", f"{second} {number}"))
        assert limit.allows(f"quiet {second}", "it")
    assert sum(loud) == 5 + 10


def test_the_number_of_remembered_events_is_bounded() -> None:
    clock = Clock()
    limit = Limit(clock)
    for number in range(5000):
        clock.now_s += 1
        assert limit.allows(str(number))
    assert len(limit._last) == len(limit._namespaces) == 1024
