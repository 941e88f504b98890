"""The order of the tests, and the choice of those that run."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.order import Tier

pytest_plugins = ["pytester"]

TESTS = """
import pytest

@pytest.fixture
def own_vault(): pass

@pytest.fixture(params=["interpreter", pytest.param("emulated", marks=pytest.mark.arm64)])
def each(request): pass

@pytest.mark.timed
def test_time(): pass
def test_server(own_vault): pass
@pytest.mark.launcher
def test_build(own_vault): pass
@pytest.mark.long
def test_seconds(): pass
def test_each(each): pass
def test_unit(): pass
"""


def run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *options: str, ci: str = ""
) -> Sequence[str]:
    """Return the names of the tests that ran, in their order."""
    monkeypatch.setenv("CI", ci)
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text())
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_inprocess("-v", "-p", "no:cacheprovider", *options)
    return [line.split("::")[1].split(" ")[0] for line in result.outlines if "PASSED" in line]


def test_tests_without_a_build_run_first_and_timed_ones_last(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = run(pytester, monkeypatch, "--arm64")
    order = [
        "test_each[interpreter]",
        "test_unit",
        "test_seconds",
        "test_server",
        "test_build",
        "test_each[emulated]",
        "test_time",
    ]
    assert names == order


def test_emulation_runs_on_request_and_in_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "test_each[emulated]" not in run(pytester, monkeypatch)
    assert "test_each[emulated]" in run(pytester, monkeypatch, ci="true")


def test_the_fast_part_needs_no_build(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(pytester, monkeypatch, "--fast") == ["test_each[interpreter]", "test_unit"]


def test_each_tier_has_a_mark(pytestconfig: pytest.Config) -> None:
    marks = {line.split(":")[0] for line in pytestconfig.getini("markers")}
    assert {tier.name.lower() for tier in Tier} <= marks
