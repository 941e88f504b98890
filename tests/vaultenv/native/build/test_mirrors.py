"""The mirrors of this machine, as apt names them."""

from pathlib import Path

import pytest

from vaultenv.native.build.errors import StepFailed
from vaultenv.native.build.mirrors import Mirrors, from_listing, mirrors

HERE, UPDATES, THERE = "http://mirror.example/debian/", "http://updates.example/", "http://other.example/"


def listing(**addresses: str) -> str:
    """Return the output of `apt-get update --print-uris` for these releases; `_` stands for a hyphen."""
    return "".join(
        f"'{address}dists/{release.replace('_', '-')}/InRelease' a_file 0 \n'{address}dists/x/Packages.xz' b_file 0 \n"
        for release, address in addresses.items()
    )


def test_this_machine_names_an_archive() -> None:
    assert mirrors().main.endswith("/")


def test_lists_of_packages_are_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are made without these lists."""
    (tmp_path / "lists/partial").mkdir(parents=True)
    (tmp_path / "apt.conf").write_text(f'Dir::State::Lists "{tmp_path}/lists";\n')
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    assert mirrors().main.endswith("/")
    assert not list((tmp_path / "lists").glob("*dists*"))


def test_the_mirror_is_the_archive_of_the_release_and_no_vendors() -> None:
    named = listing(
        tool_trixie=THERE, trixie=HERE, trixie_updates=HERE, trixie_security=UPDATES, nodistro=THERE
    )
    assert from_listing(named, "trixie") == Mirrors(HERE, UPDATES)


def test_the_first_of_several_mirrors_is_used() -> None:
    assert from_listing(listing(trixie=HERE) + listing(trixie=THERE), "trixie").main == HERE


def test_a_release_may_go_by_the_name_of_its_suite() -> None:
    assert from_listing(listing(stable=HERE, stable_security=UPDATES), "trixie") == Mirrors(HERE, UPDATES)


def test_security_updates_lie_beside_the_archive_if_apt_has_no_source_for_them() -> None:
    found = from_listing(listing(trixie=HERE), "trixie")
    assert found.security == "http://mirror.example/debian-security/"


def test_the_pools_are_inside_both() -> None:
    assert Mirrors(HERE, UPDATES).pools() == (f"{HERE}pool/main/", f"{UPDATES}pool/updates/main/")


def test_a_machine_without_a_source_for_debian_is_an_error_with_the_variable_to_set() -> None:
    with pytest.raises(StepFailed, match="DEBIAN_POOLS"):
        from_listing(listing(nodistro=THERE), "trixie")
