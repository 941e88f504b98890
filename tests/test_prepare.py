"""Builds beside the first tests."""

from tests.prepare import others
from vaultenv.native.build.architecture import ARCHITECTURES, native


def test_the_other_architecture_is_built_on_request_and_in_ci() -> None:
    other = set(ARCHITECTURES.values()) - {native()}
    assert set(others(["-k", "policy"], {})) == set()
    assert set(others(["--arm64"], {})) == other
    assert set(others([], {"CI": "true"})) == other
