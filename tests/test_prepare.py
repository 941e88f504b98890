"""Builds beside the first tests."""

from tests.prepare import architectures
from vaultenv.native.build.architecture import ARCHITECTURES, native


def test_the_other_architecture_is_built_on_request_and_in_ci() -> None:
    assert list(architectures(["-k", "policy"], {})) == [native()]
    assert set(architectures(["--arm64"], {})) == set(ARCHITECTURES.values())
    assert set(architectures([], {"CI": "true"})) == set(ARCHITECTURES.values())
