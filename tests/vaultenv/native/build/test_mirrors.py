"""The mirrors of this machine, as apt names them."""

import pytest

from vaultenv.native.build.errors import StepFailed
from vaultenv.native.build.mirrors import Mirrors, from_listing, mirrors

HERE, UPDATES, THERE = "http://mirror.example/debian/", "http://updates.example/", "http://other.example/"


def test_this_machine_names_an_archive() -> None:
    assert mirrors().main.endswith("/")


def test_the_archive_of_the_release_is_taken_and_no_vendors() -> None:
    listing = f"tool-trixie {THERE}\ntrixie {HERE}\ntrixie-updates {HERE}\ntrixie-security {UPDATES}\nnodistro {THERE}\n"
    assert from_listing(listing, "trixie") == Mirrors(HERE, UPDATES)


def test_the_first_of_several_mirrors_is_taken() -> None:
    assert from_listing(f"trixie {HERE}\ntrixie {THERE}\n", "trixie").main == HERE


def test_a_release_may_go_by_the_name_of_its_suite() -> None:
    assert from_listing(f"stable {HERE}\nstable-security {UPDATES}\n", "trixie") == Mirrors(HERE, UPDATES)


def test_security_updates_lie_beside_the_archive_if_apt_has_no_source_for_them() -> None:
    assert from_listing(f"trixie {HERE}\n", "trixie").security == "http://mirror.example/debian-security/"


def test_the_pools_are_inside_both() -> None:
    assert Mirrors(HERE, UPDATES).pools() == (f"{HERE}pool/main/", f"{UPDATES}pool/updates/main/")


def test_a_machine_without_a_source_for_debian_is_told_what_to_do() -> None:
    with pytest.raises(StepFailed, match="DEBIAN_POOLS"):
        from_listing(f"nodistro {THERE}\n", "trixie")
