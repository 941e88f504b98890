"""A token server for a Bearer registry, over TLS.

https://distribution.github.io/distribution/spec/auth/token/ (GET)
https://distribution.github.io/distribution/spec/auth/oauth/ (POST with a refresh token)
"""

import base64
import json
import ssl
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from http.server import ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.servers.accounts import ACCOUNTS, Account
from tests.servers.authority import Certificate
from tests.servers.serving import QuietHandler

ISSUER = "test-tokens"
SERVICE = "test-registry"
LIFETIME_S = 300
REFRESH_PREFIX = "refresh-"


class TokenServer:
    """Serves tokens in a thread of this process; `realm` is the URL in the registry's challenge."""

    def __init__(self, certificate: Certificate, host: str = "127.0.0.1", name: str = "") -> None:
        self._key = certificate.key_file.read_bytes()
        chain = x509.load_pem_x509_certificates(certificate.cert_file.read_bytes())
        self._x5c = [base64.b64encode(link.public_bytes(Encoding.DER)).decode() for link in chain]
        self.requests: list[str] = []
        """Path and query of every request for a token, in order."""
        self._server = ThreadingHTTPServer((host, 0), type("Handler", (_Handler,), {"tokens": self}))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.cert_file, certificate.key_file)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.host = f"{name or host}:{self._server.server_address[1]}"
        self.realm = f"https://{self.host}/token"
        self._thread = threading.Thread(target=self._server.serve_forever, name="tokens", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the socket."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def issue(self, account: Account | None, scopes: Iterable[str]) -> str:
        """Issue a token for the scopes (`repository:NAME:pull,push`), cut down to the account's rights."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": account.name if account else "",
            "aud": SERVICE,
            "exp": now + LIFETIME_S,
            "nbf": now - 10,
            "iat": now,
            "jti": uuid.uuid4().hex,
            "access": [_granted(scope, account) for scope in scopes],
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"x5c": self._x5c})


def _granted(scope: str, account: Account | None) -> dict[str, object]:
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")  # a name may hold a port
    allowed = account.actions if account else ()
    return {
        "type": kind,
        "name": name,
        "actions": [action for action in actions.split(",") if action in allowed],
    }


def account_of(authorization: str) -> Account | None:
    """Return the account of a Basic header, or None when it is absent or wrong."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    name, _, password = base64.b64decode(encoded).decode().partition(":")
    return next(
        (account for account in ACCOUNTS if (account.name, account.password) == (name, password)), None
    )


class _Handler(QuietHandler):
    tokens: ClassVar[TokenServer]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.tokens.requests.append(self.path)
        query = parse_qs(urlsplit(self.path).query)
        authorization = self.headers.get("Authorization", "")
        account = account_of(authorization)
        if authorization and not account:
            return self._answer(
                401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong user or password"}]}
            )
        return self._answer(200, self._grant(account, query.get("scope", [])))

    def do_POST(self) -> None:
        self.tokens.requests.append(self.path)
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        refresh = form.get("refresh_token", [""])[0]
        account = next((known for known in ACCOUNTS if refresh == REFRESH_PREFIX + known.name), None)
        if not account:
            return self._answer(
                401, {"errors": [{"code": "UNAUTHORIZED", "message": "unknown refresh token"}]}
            )
        return self._answer(200, self._grant(account, form.get("scope", [""])[0].split()))

    def _grant(self, account: Account | None, scopes: list[str]) -> dict[str, object]:
        token = self.tokens.issue(account, scopes)
        return {"token": token, "access_token": token, "expires_in": LIFETIME_S}

    def _answer(self, status: int, body: Mapping[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
