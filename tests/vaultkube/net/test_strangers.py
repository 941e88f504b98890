"""Strangers: the oldest connection of a full source, or of the fullest, makes room for a new one."""

from vaultkube.net.strangers import Strangers


def test_the_oldest_of_a_full_source_is_closed_for_a_new_one() -> None:
    strangers: Strangers[int] = Strangers(most=100, most_of_a_source=2)
    assert [strangers.add(number, "evil") for number in range(3)] == [None, None, 0]
    assert strangers.add(10, "other") is None


def test_the_oldest_of_all_is_closed_for_many_sources() -> None:
    strangers: Strangers[int] = Strangers(most=3, most_of_a_source=2)
    assert [strangers.add(number, str(number)) for number in range(4)] == [None, None, None, 0]


def test_one_that_cannot_be_closed_is_passed_over_and_makes_no_room_for_more() -> None:
    strangers: Strangers[int] = Strangers(most=100, most_of_a_source=2)
    assert [strangers.add(number, "evil", {1}.__contains__) for number in range(3)] == [None, None, 1]
    strangers.remove(1)
    assert strangers.add(3, "evil", set().__contains__) == 3


def test_a_source_with_few_connections_keeps_them_beside_sources_with_many() -> None:
    strangers: Strangers[int] = Strangers(most=5, most_of_a_source=4)
    assert strangers.add(0, "api server") is None
    closed = [strangers.add(number, f"evil {number % 2}") for number in range(1, 12)]
    for number in (each for each in closed if each is not None):
        strangers.remove(number)
    assert 0 in strangers
    assert 0 not in closed
    assert any(closed)


def test_a_removed_connection_makes_room() -> None:
    strangers: Strangers[int] = Strangers(most=1, most_of_a_source=1)
    strangers.add(1, "a")
    strangers.remove(1)
    strangers.remove(1)
    assert 1 not in strangers
    assert strangers.add(2, "a") is None
