"""Causes of failed requests to Vault: those of real connections, without an address."""

import ssl

import pytest
import requests

from tests.servers.process import free_port
from tests.vaultenv.client.stand_in import stand_in
from vaultkube.net.bounded import BoundedClient
from vaultkube.net.tls import client_context
from vaultkube.vault.failures import cause_of


def _cause(address: str) -> str:
    client = BoundedClient(client_context("", verify=True), 1 << 20)
    with pytest.raises(requests.RequestException) as caught:
        client.exchange(requests.Request("GET", f"{address}/v1/a").prepare(), 5.0)
    return cause_of(caught.value)


def test_a_port_where_nobody_listens_refuses_the_connection() -> None:
    assert _cause(f"http://127.0.0.1:{free_port()}") == "connection refused"


def test_a_name_without_an_address_is_no_host() -> None:
    assert _cause("http://vault.invalid:8200") == "no such host"


def test_an_answer_that_ends_too_early_is_none() -> None:
    with stand_in(
        lambda stream, _head: stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
    ) as vault:
        assert _cause(vault.address) == "no whole answer came"


def test_a_certificate_that_is_not_trusted_has_the_reason() -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "Hostname mismatch, certificate is not valid for 'vault.example'."
    assert cause_of(requests.exceptions.SSLError(error)) == (
        "x509: Vault's certificate is not trusted (Hostname mismatch, certificate is not valid for 'vault.example'.)"
    )
