"""Trust in certificates, and the message for one that is not trusted."""

import datetime
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
import trustme

from tests.vaultenv.client.reading import KV, client, in_turn
from tests.vaultenv.client.stand_in import StandIn, stand_in
from vaultenv.errors import InvalidSetting, VaultEnvError
from vaultenv.references.secret import Secret


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, name: str = "127.0.0.1", **options: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **options).configure_cert(context)  # type: ignore[arg-type]
    return context


def read(server: StandIn, **settings: str) -> Secret | VaultEnvError:
    reader = client(server, VAULT_MAX_RETRIES="0", **settings)
    try:
        return reader.read([("a/data/b", "")])[0]
    finally:
        reader.close()


@pytest.mark.parametrize(
    "how", ["VAULT_CACERT", "SSL_CERT_FILE", "VAULT_CACERT_BYTES", "directory", "hashed"]
)
@pytest.mark.parametrize("variable", ["VAULT_CAPATH", "SSL_CERT_DIR"])
def test_a_certificate_of_a_named_authority_is_trusted(
    authority: trustme.CA, tmp_path: Path, how: str, variable: str
) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    (tmp_path / "README").write_text("no certificate")
    if how == "hashed":
        subprocess.run(["openssl", "rehash", tmp_path], check=True, capture_output=True)
    named = {how: file.read_text() if how.endswith("BYTES") else str(file)}
    settings = named if how.isupper() else {variable: str(tmp_path)}
    with stand_in(in_turn(KV), server_context(authority)) as server:
        assert isinstance(read(server, **settings), Secret)


def test_an_unknown_authority_is_refused_at_once_with_the_remedy(authority: trustme.CA) -> None:
    with stand_in(in_turn(KV), server_context(authority)) as server:
        message = str(read(server))
        assert server.heads == []
    assert "x509: certificate signed by unknown authority" in message
    assert "install ca-certificates in the image, or name it with VAULT_CACERT" in message


def test_a_client_for_a_request_at_once_has_begun_the_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = client(StandIn(listener.getsockname()[1], "https"), at_once=True)
        with listener.accept()[0] as stream:
            assert stream.recv(2) == b"\x16\x03"
        reader.close()


@pytest.mark.parametrize("is_known", [True, False])
def test_a_handshake_begun_beforehand_is_verified(authority: trustme.CA, is_known: bool) -> None:
    trusted = {"VAULT_CACERT_BYTES": authority.cert_pem.bytes().decode()} if is_known else {}
    with stand_in(in_turn(KV), server_context(authority)) as server:
        reader = client(server, at_once=True, VAULT_MAX_RETRIES="0", **trusted)
        outcome = reader.read([("a/data/b", "")])[0]
        reader.close()
        assert bool(server.heads) == is_known
    assert is_known or "x509: certificate signed by unknown authority" in str(outcome)


@pytest.mark.parametrize("how", ["VAULT_CACERT", "VAULT_CACERT_BYTES", "SSL_CERT_FILE"])
def test_an_authority_that_does_not_match_is_an_error_with_its_variable(
    authority: trustme.CA, tmp_path: Path, how: str
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    named = {how: other.read_text() if how.endswith("BYTES") else str(other)}
    with stand_in(in_turn(KV), server_context(authority)) as server:
        message = str(read(server, **named))
        assert server.heads == []
    assert f"it does not come from the CA certificates in {how}: put Vault's CA there" in message
    assert "name it with" not in message


@pytest.mark.parametrize("form", ["{0}", "subject=Äå\n{0}", "{0}\n{1}", "{1}\n{0}\ntext"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_certificates_in_a_variable_may_have_text_around_them(
    authority: trustme.CA, form: str, newline: str
) -> None:
    own, other = (ca.cert_pem.bytes().decode() for ca in (authority, trustme.CA()))
    text = form.format(own, other).replace("\n", newline)
    with stand_in(in_turn(KV), server_context(authority)) as server:
        assert isinstance(read(server, VAULT_CACERT_BYTES=text), Secret)


def test_a_server_name_outside_of_the_certificate_is_an_error(authority: trustme.CA) -> None:
    chosen = {"VAULT_CACERT_BYTES": authority.cert_pem.bytes().decode(), "VAULT_TLS_SERVER_NAME": "other"}
    with stand_in(in_turn(KV), server_context(authority)) as server:
        message = str(read(server, **chosen))
    assert "not valid for other: write a name of the certificate into VAULT_TLS_SERVER_NAME" in message


def test_a_certificate_of_another_name_is_refused(authority: trustme.CA, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    with stand_in(in_turn(KV), server_context(authority, "other.example")) as server:
        assert "x509: certificate is not valid for 127.0.0.1" in str(read(server, VAULT_CACERT=str(file)))
        chosen = {"VAULT_CACERT": str(file), "VAULT_TLS_SERVER_NAME": "other.example"}
        assert isinstance(read(server, **chosen), Secret)


def test_an_expired_certificate_is_refused(authority: trustme.CA, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    with stand_in(in_turn(KV), server_context(authority, not_after=long_ago)) as server:
        message = str(read(server, VAULT_CACERT=str(file)))
    assert "x509: certificate has expired or is not yet valid" in message


def test_verification_can_be_switched_off_for_experiments(authority: trustme.CA) -> None:
    with stand_in(in_turn(KV), server_context(authority, "other.example")) as server:
        assert isinstance(read(server, VAULT_SKIP_VERIFY="true"), Secret)


def test_https_to_a_server_of_plain_http_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_plainly() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer_plainly)
        thread.start()
        server = StandIn(listener.getsockname()[1], "https")
        assert "http: server gave HTTP response to HTTPS client" in str(
            read(server, VAULT_SKIP_VERIFY="true")
        )
        thread.join()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VAULT_CACERT", "/nowhere/ca.pem"),
        ("VAULT_CACERT", "/etc/passwd"),
        ("VAULT_CAPATH", "/nowhere"),
        ("VAULT_CACERT_BYTES", "nonsense"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("VAULT_CLIENT_CERT", "/nowhere/cert.pem"),
    ],
)
def test_files_that_cannot_be_used_are_named(variable: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=variable):
        client(StandIn(1, "https"), **{variable: value})


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"VAULT_CLIENT_CERT": "/nowhere/tls.pem"}, "/nowhere/tls.pem"),
        (
            {"VAULT_CLIENT_CERT": "/nowhere/c.pem", "VAULT_CLIENT_KEY": "/nowhere/k.pem"},
            "/nowhere/c.pem or /nowhere/k.pem",
        ),
    ],
)
def test_a_client_certificate_that_cannot_be_opened_is_named_with_its_file(
    files: dict[str, str], named: str
) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        client(StandIn(1, "https"), **files)
    assert str(refusal.value) == (
        f"VAULT_CLIENT_CERT, VAULT_CLIENT_KEY: open {named}: no such file or directory"
    )


def test_a_name_with_a_dot_at_its_end_is_that_of_the_certificate(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody searches the domains of the cluster for such a name; a certificate has none."""
    trusted = {"VAULT_CACERT_BYTES": authority.cert_pem.bytes().decode()}
    with stand_in(in_turn(KV), server_context(authority, "vault.example")) as server:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]
        monkeypatch.setattr("vaultenv.client.connection.getaddrinfo", lambda *_: found)
        server.address = f"https://vault.example.:{server.port}"
        assert isinstance(read(server, **trusted), Secret)
        assert b"Host: vault.example.:" in server.heads[0]
