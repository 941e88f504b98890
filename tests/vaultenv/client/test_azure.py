"""Azure's login against Vault's own azure method, which reaches a local Microsoft through a proxy."""

import datetime
import json
import ssl
import urllib.parse
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.servers.authority import Authority
from tests.servers.serving import QuietHandler, serving
from tests.servers.vault import Vault
from tests.vaultenv.client.test_aws import start_with

TENANT = "11111111-2222-3333-4444-555555555555"
PRINCIPAL = "66666666-7777-8888-9999-000000000000"
HOST = "login.microsoftonline.com"
ISSUER = f"https://sts.windows.net/{TENANT}/"
RESOURCE = "https://management.azure.com/"


class Azure(ThreadingHTTPServer):
    """The machine's metadata for the launcher, and a proxy to the tenant's keys for Vault."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.key = rsa.generate_private_key(65537, 2048)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = authority.issue("microsoft", HOST)
        self.context.load_cert_chain(certificate.cert_file, certificate.key_file)

    def token(self, audience: str) -> str:
        now = datetime.datetime.now(datetime.UTC)
        stamps = {"iat": now, "nbf": now, "exp": now + datetime.timedelta(minutes=5)}
        claims = {"iss": ISSUER, "aud": audience, "oid": PRINCIPAL, "sub": PRINCIPAL}
        return jwt.encode({**stamps, **claims}, self.key, algorithm="RS256", headers={"kid": "key-1"})

    def keys(self) -> dict[str, object]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "key-1", "use": "sig"}]}


class Handler(QuietHandler):
    """Answers as Azure does, with its refusals."""

    server: Azure
    protocol_version = "HTTP/1.1"

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def do_CONNECT(self) -> None:
        if self.path != f"{HOST}:443":
            self.send_error(502)
            return
        self.send_response(200)
        self.end_headers()
        self.rfile.close()
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)  # type: ignore[assignment]
        self.close_connection = False

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        is_tunnel = isinstance(self.connection, ssl.SSLSocket)
        if is_tunnel and path == f"/{TENANT}/.well-known/openid-configuration":
            self._send({"issuer": ISSUER, "jwks_uri": f"https://{HOST}/common/discovery/keys"})
        elif is_tunnel and path == "/common/discovery/keys":
            self._send(self.server.keys())
        elif path == "/metadata/identity/oauth2/token" and self.headers["Metadata"] == "true":
            self._send({"access_token": self.server.token(urllib.parse.parse_qs(query)["resource"][0])})
        elif path == "/metadata/instance/compute" and self.headers["Metadata"] == "true":
            self._send({"subscriptionId": TENANT, "resourceGroupName": "group", "name": "vm"})
        else:
            self.send_error(403)

    def _send(self, answer: dict[str, object]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def azure(authority: Authority) -> Iterator[Azure]:
    with serving(Azure(authority)) as server:
        yield server


@pytest.fixture(scope="module")
def method(azure: Azure, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """Yield a Vault of its own that reaches Microsoft by the proxy."""
    server = Vault(tmp_path_factory.mktemp("vault"), authority)
    server.environ = {"HTTPS_PROXY": azure.address, "SSL_CERT_FILE": str(authority.ca_file)}
    try:
        server.start()
        server.put_secret("secret/data/account", password="secret")
        server.policy("account", 'path "secret/data/account" { capabilities = ["read"] }')
        server.write("sys/auth/azure", {"type": "azure"})
        server.write("auth/azure/config", {"tenant_id": TENANT, "resource": RESOURCE})
        yield server
    finally:
        server.stop()


def start(vault: Vault, azure: Azure, principal: str) -> object:
    """Return the result of a login with a role for this principal."""
    role = {"bound_service_principal_ids": principal, "token_policies": "account"}
    vault.write("auth/azure/role/app", dict(role))
    place = {"VAULT_PATH": "azure", "AZURE_POD_IDENTITY_AUTHORITY_HOST": azure.address}
    return start_with(vault, "azure", **place)


def test_a_login_with_the_principals_identity_reads_the_secret(method: Vault, azure: Azure) -> None:
    assert start(method, azure, PRINCIPAL) == b"secret"


def test_another_principal_is_refused(method: Vault, azure: Azure) -> None:
    refusal = start(method, azure, TENANT)
    assert isinstance(refusal, bytes)
    assert b"unable to log in with Azure auth" in refusal
    assert f"service principal not authorized: {PRINCIPAL}".encode() in refusal
