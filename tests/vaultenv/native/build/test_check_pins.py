"""The report of `scripts/check-pins` on the answers of its sources."""

from pathlib import Path

from vaultenv.native.build.check_pins import newer_in_debian, newer_in_index, osv_query, vulnerabilities
from vaultenv.native.build.pins import COMPONENTS, OPENSSL, PYTHON, ZIG
from vaultenv.native.build.sources import debian_files


def test_the_pinned_files_are_not_newer_than_themselves() -> None:
    assert PYTHON.patches
    names = [PYTHON.archive.name, f"{PYTHON.archive.name}.asc", PYTHON.patches.name, "python3.13_1.dsc"]
    assert newer_in_debian(PYTHON, names) == []


def test_newer_sources_and_newer_fixes_of_debian_are_reported() -> None:
    assert newer_in_debian(OPENSSL, ["openssl_3.5.9.orig.tar.gz", "openssl_3.5.9-1.debian.tar.xz"]) == [
        "openssl 3.5.7: Debian has openssl_3.5.9.orig.tar.gz"
    ]
    assert newer_in_debian(PYTHON, [PYTHON.archive.name, "python3.13_3.13.5-2+deb13u9.debian.tar.xz"]) == [
        "cpython 3.13.5: Debian has python3.13_3.13.5-2+deb13u9.debian.tar.xz"
    ]


def test_debian_lists_the_files_of_a_package(tmp_path: Path) -> None:
    names = debian_files(OPENSSL.debian, tmp_path)
    assert any(name.startswith("openssl_3") and ".orig.tar" in name for name in names)


def test_a_newer_wheel_is_reported() -> None:
    answer = f"{ZIG.name} (9.9.9)\nAvailable versions: 9.9.9, {ZIG.version}\n"
    assert newer_in_index(ZIG, answer) == [f"ziglang {ZIG.version}: the package index has 9.9.9"]
    assert newer_in_index(ZIG, f"{ZIG.name} ({ZIG.version})\n") == []


def test_the_query_has_every_component_with_the_version_of_its_fixes() -> None:
    queries = osv_query(COMPONENTS, (ZIG,))["queries"]
    assert isinstance(queries, list)
    assert len(queries) == len(COMPONENTS) + 1
    assert queries[0] == {
        "package": {"name": "python3.13", "ecosystem": "Debian:13"},
        "version": "3.13.5-2+deb13u5",
    }


def test_known_vulnerabilities_are_reported_with_their_numbers() -> None:
    answer = {"results": [{}, {"vulns": [{"id": "CVE-2026-1"}, {"id": "CVE-2026-2"}]}]}
    assert vulnerabilities(["zlib 1", "openssl 3"], answer) == [
        "openssl 3 is vulnerable: CVE-2026-1, CVE-2026-2"
    ]
