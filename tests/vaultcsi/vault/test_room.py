"""Room for long answers: bounded in a mount, two such mounts at once, and one of a namespace."""

from collections.abc import Callable

import pytest

from vaultcsi.errors import TooLarge, Unavailable
from vaultcsi.vault.room import MOST_BYTES, MountRoom, new_gate
from vaultkube.concurrency import Gate
from vaultkube.deadline import Deadline

Take = Callable[[MountRoom], None]
LONG = 300 << 10
MANY = b"[" + b"1," * 6000 + b"1]"


def take_bytes(room: MountRoom) -> None:
    room.take(LONG)


def take_values(room: MountRoom) -> None:
    room.take_values(MANY)


def room(gate: Gate, namespace: str = "team", within_s: float = 0.01) -> MountRoom:
    return MountRoom(gate, namespace, Deadline(within_s))


@pytest.mark.parametrize("take", [take_bytes, take_values])
def test_long_answers_are_read_by_one_mount_of_a_namespace_and_two_in_all(take: Take) -> None:
    gate = new_gate()
    with room(gate) as first, room(gate, "other") as second:
        take(first)
        take(first)
        with room(gate) as same, pytest.raises(Unavailable, match="namespace team"):
            take(same)
        take(second)
        with room(gate, "third") as third, pytest.raises(Unavailable):
            take(third)
        with room(gate) as short:
            short.take(100)
            short.take_values(b'{"data": {"k": "v"}}')
    with room(gate) as later:
        take(later)


def test_answers_of_many_paths_are_bounded_together() -> None:
    with room(new_gate()) as taken:
        for _ in range(MOST_BYTES // LONG):
            taken.take(LONG)
        with pytest.raises(TooLarge, match="longer than"):
            taken.take(LONG)
        taken.clear()
        taken.take(LONG)
        for _ in range(16):
            taken.take_values(MANY)
        with pytest.raises(TooLarge, match="more than 100000 values"):
            taken.take_values(MANY)
