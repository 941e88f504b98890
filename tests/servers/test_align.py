"""One version of each Go module for all servers of the tests."""

from pathlib import Path

import pytest

from tests.servers import align
from tests.servers.programs import PINS


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder of pins; `go get` writes the versions into go.mod there."""

    def get(pin: Path, modules: list[str]) -> dict[str, str]:
        text = (pin / "go.mod").read_text()
        for module, _, version in (wanted.partition("@") for wanted in modules):
            text = "".join(
                f"\t{module} {version} // indirect\n" if line.startswith(f"\t{module} ") else line
                for line in text.splitlines(keepends=True)
            )
        (pin / "go.mod").write_text(text)
        return {}

    monkeypatch.setattr(align, "PINS", tmp_path)
    monkeypatch.setattr(align, "_get", get)
    return tmp_path


def write(pins: Path, name: str, *requirements: str, replaced: str = "") -> None:
    (pins / name).mkdir()
    lines = "".join(f"\t{requirement} // indirect\n" for requirement in requirements)
    (pins / name / "go.mod").write_text(f"module testservers/{name}\n\nrequire (\n{lines})\n{replaced}")


def test_each_module_has_one_version_in_all_pins() -> None:
    assert not align.differing(PINS), "run: python -m tests.servers.align"


def test_a_module_with_two_versions_is_named_with_its_pins(pins: Path) -> None:
    write(pins, "kube", "example.org/a v1.2.0", "example.org/b v1.0.0")
    write(pins, "vault", "example.org/a v1.10.0", "example.org/b v1.0.0", "example.org/c v0.1.0")
    assert align.differing(pins) == {"example.org/a": {"kube": "v1.2.0", "vault": "v1.10.0"}}


def test_the_version_of_a_replaced_module_is_that_of_its_replacement(pins: Path) -> None:
    write(
        pins,
        "kube",
        "example.org/a v0.0.0",
        replaced="replace (\n\texample.org/a => example.org/a v1.2.0\n)\n",
    )
    write(pins, "vault", "example.org/a v1.2.0")
    assert not align.differing(pins)


def test_a_pin_that_needs_a_version_of_its_own_keeps_it(pins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(align, "OWN", {("kube", "example.org/a")})
    write(pins, "kube", "example.org/a v1.0.0")
    write(pins, "vault", "example.org/a v1.2.0")
    assert align.main() == 0
    assert "example.org/a v1.0.0" in (pins / "kube" / "go.mod").read_text()


def test_a_program_with_which_tests_compare_keeps_the_versions_of_the_original(pins: Path) -> None:
    write(pins, "consul-template", "example.org/a v1.0.0")
    write(pins, "vault", "example.org/a v1.2.0")
    assert align.main() == 0
    assert "example.org/a v1.0.0" in (pins / "consul-template" / "go.mod").read_text()


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("v1.9.0", "v1.10.0"),
        ("v1.0.0-rc.1", "v1.0.0"),
        ("v0.0.0-20200101000000-ffffffffffff", "v0.0.0-20210101000000-000000000000"),
        ("v0.36.12-0.20260120151049-f2248ac996af", "v0.36.12"),
        ("v2.0.0+incompatible", "v2.1.0+incompatible"),
    ],
)
def test_all_pins_get_the_highest_version(pins: Path, lower: str, higher: str) -> None:
    write(pins, "kube", f"example.org/a {lower}")
    write(pins, "vault", f"example.org/a {higher}")
    assert align.main() == 0
    assert f"\texample.org/a {higher} // indirect\n" in (pins / "kube" / "go.mod").read_text()


def test_a_version_that_another_module_requires_is_used_instead(
    pins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(pins, "kube", "example.org/a v1.0.0")
    write(pins, "vault", "example.org/a v1.1.0")
    get = align._get

    def get_or_require(pin: Path, modules: list[str]) -> dict[str, str]:
        if "example.org/a@v1.1.0" in modules:
            return {"example.org/a": "v1.2.0"}
        return get(pin, modules)

    monkeypatch.setattr(align, "_get", get_or_require)
    assert align.main() == 0
    assert all("example.org/a v1.2.0" in (pins / pin / "go.mod").read_text() for pin in ("kube", "vault"))
