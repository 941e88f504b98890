"""A dictionary of limited size."""

from vaultkube.lru import LRUDict


def test_the_entries_stored_last_are_held() -> None:
    held: LRUDict[str, int] = LRUDict(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        held[key] = value
    assert list(held.items()) == [("a", 3), ("c", 4)]


def test_a_default_counts_as_stored() -> None:
    held: LRUDict[str, int] = LRUDict(1)
    held["a"] = 1
    assert held.setdefault("b", 2) == 2
    assert list(held) == ["b"]
