"""Room for long answers: bounded in a mount, two such mounts at once, and one of a namespace."""

from collections.abc import Callable

import pytest

from vaultcsi.errors import TooLarge, Unavailable
from vaultcsi.vault.room import MOST_BYTES, MountRoom, new_gate
from vaultkube.concurrency import Gate
from vaultkube.deadline import Deadline

Reserve = Callable[[MountRoom], None]
LONG = 300 << 10
MANY = b"[" + b"1," * 6000 + b"1]"


def reserve_bytes(room: MountRoom) -> None:
    room.reserve(LONG)


def reserve_values(room: MountRoom) -> None:
    room.reserve_values(MANY)


def room(gate: Gate, namespace: str = "team", within_s: float = 0.01) -> MountRoom:
    return MountRoom(gate, namespace, Deadline(within_s))


@pytest.mark.parametrize("reserve", [reserve_bytes, reserve_values])
def test_long_answers_are_read_by_one_mount_of_a_namespace_and_two_in_all(reserve: Reserve) -> None:
    gate = new_gate()
    with room(gate) as first, room(gate, "other") as second:
        reserve(first)
        reserve(first)
        with room(gate) as same, pytest.raises(Unavailable, match="namespace team"):
            reserve(same)
        reserve(second)
        with room(gate, "third") as third, pytest.raises(Unavailable):
            reserve(third)
        with room(gate) as short:
            short.reserve(100)
            short.reserve_values(b'{"data": {"k": "v"}}')
    with room(gate) as later:
        reserve(later)


def test_answers_of_many_paths_are_bounded_together() -> None:
    with room(new_gate()) as mount_room:
        for _ in range(MOST_BYTES // LONG):
            mount_room.reserve(LONG)
        with pytest.raises(TooLarge, match="longer than"):
            mount_room.reserve(LONG)
        mount_room.clear()
        mount_room.reserve(LONG)
        for _ in range(16):
            mount_room.reserve_values(MANY)
        with pytest.raises(TooLarge, match="more than 100000 values"):
            mount_room.reserve_values(MANY)
