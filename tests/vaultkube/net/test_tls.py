"""Every client has Go's trust: names, dates and chains are verified, and a CA needs no key usage."""

import contextlib
import datetime
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from tests.servers.authority import Authority
from tests.vaultenv.client.stand_in import answer, stand_in
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.deadline import Deadline
from vaultkube.net.tls import PEM, client_context, load_client_certificate
from vaultkube.vault.client import new_client
from webhook.registry.addresses import AddressPolicy
from webhook.registry.breaker import Breaker
from webhook.registry.dial import Dialler
from webhook.registry.failures import RegistryFailure
from webhook.registry.hosts import parse_pattern
from webhook.registry.transport import Request, Transport

Fetch = Callable[[str, str, bool], object]
"""Fetches from an address, trusting a CA in PEM, strictly or not."""

DOCUMENT = answer("200 OK", b'{"data": {}}', b"Content-Type: application/json")


def serving(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
def server(authority: Authority) -> Iterator[str]:
    """Yield the address of an HTTPS server whose CA has no key usage extension."""
    issued = authority.issue("usual", "127.0.0.1")
    context = serving(str(issued.cert_file), str(issued.key_file))
    with stand_in(lambda stream, _head: stream.sendall(DOCUMENT), context) as running:
        yield running.address


@pytest.fixture
def strict_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set Python's defaults to those of 3.13."""
    lenient = ssl.create_default_context

    def strict(*arguments: object, **options: object) -> ssl.SSLContext:
        context = lenient(*arguments, **options)  # type: ignore[arg-type]
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)


def from_api_server(address: str, ca: str, strict: bool) -> object:
    client = Cluster(Connection(address, ca=PEM(text=ca)), strict_tls=strict)
    return client.get("Secret", "a", "b", Deadline(5))


def from_vault(address: str, ca: str, strict: bool) -> object:
    client = new_client(address, ca=ca, strict=strict, token="t", remaining_s=lambda: 5.0)
    with contextlib.closing(client.adapter) as adapter:
        return adapter.get("/v1/a/data/b")


def from_registry(address: str, ca: str, strict: bool) -> object:
    dialler = Dialler(AddressPolicy([parse_pattern("127.0.0.1")]), Breaker())
    with contextlib.closing(Transport(dialler, ca, strict)) as transport:
        return transport.send(Request("GET", f"{address}/v2/", 1024), Deadline(5)).status


CLIENTS = pytest.mark.parametrize("fetch", [from_api_server, from_vault, from_registry])


@CLIENTS
@pytest.mark.usefixtures("strict_python")
def test_a_ca_without_key_usage_is_trusted_whatever_pythons_defaults_are(
    fetch: Fetch, server: str, authority: Authority
) -> None:
    assert fetch(server, authority.ca_file.read_text(), False)


@CLIENTS
def test_the_operator_can_ask_for_the_strict_rules(fetch: Fetch, server: str, authority: Authority) -> None:
    with pytest.raises(Exception, match=r"key usage|UNTRUSTED_CERTIFICATE"):
        fetch(server, authority.ca_file.read_text(), True)


@CLIENTS
def test_another_ca_is_not_trusted(fetch: Fetch, server: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"self.signed|unable to get|UNTRUSTED_CERTIFICATE"):
        fetch(server, Authority(tmp_path).ca_file.read_text(), False)


def test_a_registry_that_is_not_trusted_is_logged_with_the_reason(server: str, authority: Authority) -> None:
    with pytest.raises(RegistryFailure) as failure:
        from_registry(server, authority.ca_file.read_text(), True)
    assert failure.value.detail.endswith(
        "the certificate is not trusted: CA cert does not include key usage extension"
    )


def handshake(context: ssl.SSLContext, leaf: trustme.LeafCert, tmp_path: Path, name: str) -> None:
    """Connect to a server with the certificate; raise ssl.SSLError if it is not trusted."""
    pair = tmp_path / "chain.pem"
    leaf.private_key_and_cert_chain_pem.write_to_path(pair)
    with (
        stand_in(lambda stream, _head: stream.sendall(DOCUMENT), serving(str(pair), str(pair))) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=name),
    ):
        pass


def test_names_and_dates_are_verified(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = client_context(authority.cert_pem.bytes().decode())
    handshake(context, authority.issue_cert("vault.example.com"), tmp_path, "vault.example.com")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(context, authority.issue_cert("vault.example.com"), tmp_path, "other.example.com")
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    expired = authority.issue_cert(
        "vault.example.com", not_before=long_ago, not_after=long_ago + datetime.timedelta(days=1)
    )
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        handshake(context, expired, tmp_path, "vault.example.com")


def test_an_intermediate_ca_may_be_the_one_that_is_trusted(tmp_path: Path) -> None:
    intermediate = trustme.CA().create_child_ca()
    context = client_context(intermediate.cert_pem.bytes().decode())
    handshake(context, intermediate.issue_cert("vault.example.com"), tmp_path, "vault.example.com")


def test_any_certificate_is_accepted_without_verification(server: str) -> None:
    port = int(server.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        client_context(verify=False).wrap_socket(plain, server_hostname="other.example.com").close()


def test_session_keys_are_not_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert client_context().keylog_filename is None


def test_urllib3_does_not_change_a_context_that_other_threads_use() -> None:
    """OpenSSL would free the protocols, while another thread copies them into its connection."""
    context = client_context()
    context.set_alpn_protocols(["by-urllib3"])
    outgoing = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    hello = outgoing.read()
    assert b"http/1.1" in hello
    assert b"by-urllib3" not in hello


def test_a_ca_that_is_no_certificate_is_an_error() -> None:
    with pytest.raises(ssl.SSLError):
        client_context("not a certificate")


def test_a_client_certificate_in_memory_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    leaf = trustme.CA().issue_cert("me.example.com")
    certificate = PEM(text=leaf.cert_chain_pems[0].bytes().decode())
    load_client_certificate(client_context(), certificate, PEM(text=leaf.private_key_pem.bytes().decode()))
    with pytest.raises(ssl.SSLError):
        load_client_certificate(client_context(), certificate, PEM(text="not a key"))
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_not_shown() -> None:
    assert "hunter2" not in repr(PEM(text="hunter2"))
