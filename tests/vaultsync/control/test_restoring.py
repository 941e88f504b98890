"""A Secret that is changed again and again is restored ever later."""

from tests.vaultsync.vault.scene import Clock
from vaultkube.sync_resources.references import Reference
from vaultsync.control.restoring import Pauses

ONE, OTHER = Reference("team", "one"), Reference("team", "other")


def test_a_secret_that_was_changed_is_looked_at_after_half_a_second_however_many_changes_there_are() -> None:
    clock = Clock()
    pauses = Pauses(clock)
    assert pauses.next_s(ONE) == 0.5
    clock.now += 0.4
    assert abs(pauses.next_s(ONE) - 0.1) < 1e-6
    assert pauses.next_s(OTHER) == 0.5


def test_against_another_controller_it_is_restored_ever_less_often() -> None:
    clock = Clock()
    pauses, restored = Pauses(clock), 0
    while clock.now < 3600:
        clock.now += pauses.next_s(ONE) + 0.01
        restored += 1
    assert 60 < restored < 70


def test_after_a_while_of_quiet_it_is_restored_soon_again() -> None:
    clock = Clock()
    pauses = Pauses(clock)
    for _ in range(10):
        clock.now += pauses.next_s(ONE)
    clock.now += 200
    assert pauses.next_s(ONE) == 0.5
