"""Errors for answers of Vault: each has its remedy."""

import pytest

from vaultenv.basics.jsontext import loads
from vaultenv.client.answers import body_or_error, error_of, secret_or_error
from vaultenv.errors import NotVault, RequestRefused, SecretNotFound, VaultUnavailable
from vaultenv.references.secret import Secret
from vaultenv.template.consul.answers import secret
from vaultenv.template.types import Struct


@pytest.mark.parametrize(
    ("method", "status", "remedy"),
    [
        ("GET", 405, "this path is for writing: a reference to it begins with >>vault:"),
        ("PUT", 405, "this path is not for writing: read it"),
        ("PUT", 400, "Vault does not take this request: correct the path, its mount or what is sent there"),
    ],
)
def test_a_refused_request_has_its_remedy(method: str, status: int, remedy: str) -> None:
    error = error_of(method, "https://vault/v1/pki/issue/web", "pki/issue/web", status, b'{"errors":["no"]}')
    assert isinstance(error, RequestRefused)
    assert str(error) == (
        f"Error making API request - {method} https://vault/v1/pki/issue/web Code: {status}. Errors: no: {remedy}"
    )


@pytest.mark.parametrize("data", [b'"text"', b"[1]", b"7", b"true"])
def test_a_secret_of_kv_version_1_may_look_like_version_2(data: bytes) -> None:
    """Whoever writes such a secret does not end the programs that read it."""
    body = b'{"data":{"data":%s,"metadata":{"version":1}},"lease_duration":60}' % data
    found = secret_or_error("GET", "https://vault/v1/kv/a", "kv/a", 200, body, lambda _path: "")
    assert isinstance(found, Secret)
    assert sorted(found.fields) == ["data", "metadata"]
    assert (found.version, found.deleted, found.lease_s) == ("", "", 60)


def test_a_standby_that_redirects_is_an_outage_and_no_missing_secret() -> None:
    found = secret_or_error("GET", "https://vault/v1/a/data/b", "a/data/b", 307, b"", lambda _path: "")
    assert isinstance(found, VaultUnavailable)
    assert str(found) == (
        "Error making API request - GET https://vault/v1/a/data/b Code: 307. Errors: none given: it redirects to another "
        "address, where the token does not follow: give the address of the active Vault, or of its load balancer"
    )


def test_a_page_of_a_proxy_is_no_missing_secret_which_a_reference_may_ignore() -> None:
    found = secret_or_error("GET", "https://v/v1/a/data/b", "a/data/b", 200, b"<html>", lambda _path: "")
    assert isinstance(found, NotVault)
    assert str(found) == (
        "Error making API request - GET https://v/v1/a/data/b Code: 200. Errors: none given: the answer is not JSON: "
        "is this the address of Vault?"
    )


def test_an_answer_in_another_form_than_a_secret_is_the_data_of_a_template() -> None:
    """Such as `identity/oidc/.well-known/keys`."""
    found = body_or_error("GET", "https://v/v1/a", "a", 200, b'{"keys":[{"kid":"k"}]}', lambda _path: "")
    assert found == {"data": {"keys": [{"kid": "k"}]}}


@pytest.mark.parametrize("body", [b'{"errors":[]}', b'{"request_id":"r","data":null}'])
def test_an_answer_without_anything_is_a_missing_secret(body: bytes) -> None:
    found = body_or_error("GET", "https://v/v1/a", "a", 200, body, lambda _path: "")
    assert isinstance(found, SecretNotFound)


@pytest.mark.parametrize(
    "body",
    [
        b"Client sent an HTTP request to an HTTPS server.\n",
        b"<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>",
    ],
)
def test_a_server_that_serves_only_https_is_named_with_the_remedy(body: bytes) -> None:
    found = secret_or_error("GET", "http://v/v1/a/data/b", "a/data/b", 400, body, lambda _path: "")
    assert isinstance(found, NotVault)
    assert str(found) == (
        "Error making API request - GET http://v/v1/a/data/b Code: 400. Errors: Client sent an HTTP request to an "
        "HTTPS server: write https:// in the address"
    )


def test_a_lease_time_of_any_length_is_no_unexpected_error() -> None:
    """The server may be that of whoever wrote the reference: before, 4300 digits were too many for Python."""
    body = b'{"data":{"k":"v"},"lease_id":"l","lease_duration":%s}' % (b"9" * 5000)
    found = secret_or_error("GET", "https://v/v1/a", "a", 200, body, lambda _path: "")
    assert isinstance(found, Secret)
    assert found.lease_s == 0
    assert isinstance(secret(loads(body)), Struct)
