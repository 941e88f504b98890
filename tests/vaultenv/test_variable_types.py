"""The accepted names of auth methods are those that the launcher has a login for."""

from vaultenv.client.logins import METHODS
from vaultenv.variable_types import AUTH_METHODS


def test_each_auth_method_has_a_login() -> None:
    assert tuple(METHODS) == AUTH_METHODS
