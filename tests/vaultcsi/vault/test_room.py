"""Room for long answers: bounded in a mount, two such mounts at once, and one of a namespace."""

import pytest

from vaultcsi.errors import TooLarge, Unavailable
from vaultcsi.vault.room import MOST_BYTES, MountRoom, new_gate
from vaultkube.concurrency import Gate
from vaultkube.deadline import Deadline

LONG = b'"' + b"x" * (300 << 10) + b'"'
MANY = b"[" + b"1," * 6000 + b"1]"
SHORT = b'{"data": {"k": "v"}}'


def room(gate: Gate, namespace: str = "team", within_s: float = 0.01) -> MountRoom:
    return MountRoom(gate, namespace, Deadline(within_s))


@pytest.mark.parametrize("long", [LONG, MANY])
def test_long_answers_are_read_by_one_mount_of_a_namespace_and_two_in_all(long: bytes) -> None:
    gate = new_gate()
    with room(gate) as first, room(gate, "other") as second:
        first.take("p", long)
        first.take("p", long)
        with room(gate) as same, pytest.raises(Unavailable, match="namespace team"):
            same.take("p", long)
        second.take("p", long)
        with room(gate, "third") as third, pytest.raises(Unavailable):
            third.take("p", long)
        with room(gate) as short:
            short.take("p", SHORT)
    with room(gate) as later:
        later.take("p", long)


def test_answers_of_many_paths_are_bounded_together() -> None:
    number = MOST_BYTES // len(LONG)
    with room(new_gate()) as taken:
        for _ in range(number):
            taken.take("p", LONG)
        with pytest.raises(TooLarge, match=r"p/last: .* longer than"):
            taken.take("p/last", LONG)
        taken.clear()
        taken.take("p", LONG)
        with pytest.raises(TooLarge, match="more than 100000 values"):
            for _ in range(17):
                taken.take("p", MANY)
