"""Errors for the answers of Vault: each says what to do."""

import pytest

from vaultenv.client.answers import error_of
from vaultenv.errors import RequestRefused


@pytest.mark.parametrize(
    ("method", "status", "remedy"),
    [
        ("GET", 405, "this path is for writing: a reference to it begins with >>vault:"),
        ("PUT", 405, "this path is not for writing: read it"),
        ("PUT", 400, "Vault does not take this request: correct the path, its mount or what is sent there"),
    ],
)
def test_a_refused_request_says_what_to_do(method: str, status: int, remedy: str) -> None:
    error = error_of(method, "https://vault/v1/pki/issue/web", "pki/issue/web", status, b'{"errors":["no"]}')
    assert isinstance(error, RequestRefused)
    assert str(error) == (
        f"Error making API request - {method} https://vault/v1/pki/issue/web Code: {status}. Errors: no: {remedy}"
    )
