"""Connections to Vault that all pods share: a pool for each address and TLS trust; each request carries its own token.

A thousand pods are a thousand tokens, and a dozen sockets. No redirect is followed, and no cookie is stored.
"""

import re
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from socket import AF_UNIX, SOCK_STREAM
from urllib.parse import quote

import requests

from vaultcsi.errors import TooLarge, Unavailable
from vaultcsi.vault.certificates import context_of
from vaultcsi.vault.room import MOST_BYTES
from vaultcsi.vault.server import VaultServer
from vaultenv.client.address import query_text, quoted
from vaultenv.client.answers import cannot_answer
from vaultkube.deadline import Deadline
from vaultkube.file_stamp import file_stamp
from vaultkube.lru import LRUDict
from vaultkube.net.bounded import BoundedClient
from vaultkube.net.budget import BudgetSocket
from vaultkube.net.failures import verification_problem
from vaultkube.net.keepalive import pools
from vaultkube.net.room import AnswerRoom, NoRoom, Room
from vaultkube.vault.failures import cause_of

_FEW_BYTES = 256 << 10
"""Longest answer to a login, a renewal or any other request that reads no secret."""
_MOST_CLIENTS = 64
_UNIX = "unix://"


@dataclass(frozen=True)
class Answer:
    """An answer of Vault to a request of `method` to `url`."""

    method: str
    url: str
    status: int
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class VaultRequest:
    """A request to `/v1/<path>`; `body` is JSON, `kind` is its name in metrics.

    A `repeatable` request may reach Vault twice. No read of a secret is repeatable: it could create a second lease.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    body: str = field(default="", repr=False)
    repeatable: bool = False
    kind: str = "read"


Observe = Callable[[str, str, float], None]
"""Called with each request's kind, its outcome, ok, refused or unavailable, and the seconds that it took."""


class Connections:
    """Sends requests to any number of Vaults; safe to share between threads."""

    def __init__(self, observe: Observe = lambda _kind, _outcome, _seconds: None) -> None:
        self._observe = observe
        self._reading = threading.local()
        self._clients: LRUDict[tuple[object, ...], _Client] = LRUDict(_MOST_CLIENTS)
        self._lock = threading.Lock()

    def send(
        self,
        server: VaultServer,
        request: VaultRequest,
        token: str,
        deadline: Deadline,
        room: AnswerRoom | None = None,
    ) -> Answer:
        """Return Vault's answer of any status; raise Unavailable, CertificatesUnusable, or TooLarge for a long answer.

        The bytes of the answer are reserved in `room`, which may block; without `room` only a short answer is accepted.
        A repeatable request is sent once more on a new connection, as an idle one may be dead.
        """
        started, outcome = time.monotonic(), "unavailable"
        try:
            self._reading.room = room or Room(_FEW_BYTES)
            answer = self._answer(server, request, token, deadline)
            outcome = _outcome(answer.status)
            return answer
        finally:
            self._observe(request.kind, outcome, time.monotonic() - started)

    def _answer(self, server: VaultServer, request: VaultRequest, token: str, deadline: Deadline) -> Answer:
        try:
            return self._exchange(server, request, token, deadline)
        except NoRoom:
            raise TooLarge(f"{request.path}: Vault's answer is longer than {_FEW_BYTES} bytes") from None
        except requests.RequestException as error:
            if not _may_repeat(request, error) or deadline.passed():
                raise _unavailable(server, request, error) from error
        try:
            return self._exchange(server, request, token, deadline)
        except requests.RequestException as error:
            raise _unavailable(server, request, error) from error

    def _exchange(self, server: VaultServer, request: VaultRequest, token: str, deadline: Deadline) -> Answer:
        path = f"/v1/{quoted(_cleaned(request.path))}{query_text(request.query)}"
        prepared = requests.Request(
            request.method,
            _base(server) + path,
            headers=_headers(server, token),
            data=request.body.encode() or None,
        ).prepare()
        response = self._client(server).exchange(prepared, deadline.remaining_s())
        return Answer(request.method, f"{server.address}{path}", response.status_code, response.content)

    def _client(self, server: VaultServer) -> "_Client":
        """Return the client for the present files of the server's trust."""
        socket_path = server.address.removeprefix(_UNIX) if server.address.startswith(_UNIX) else ""
        key = (server.trust, socket_path, file_stamp(*server.trust.files))
        with self._lock:
            client = self._clients.get(key)
            if client is None:
                trust = server.trust
                client = _Client(context_of(trust), trust.server_name, socket_path, self._reading)
            self._clients[key] = client
            return client


class _Client(BoundedClient):
    """Sends each request within its own timeout; `reading.room` limits the answer of the sending thread."""

    def __init__(
        self, context: ssl.SSLContext, server_name: str, socket_path: str, reading: threading.local
    ) -> None:
        self._reading = reading
        super().__init__(context, MOST_BYTES, server_name=server_name)
        if socket_path:
            self.poolmanager.pool_classes_by_scheme = pools(
                lambda _host, _port, timeout_s: _dial_socket(socket_path, timeout_s)
            )

    def _room(self) -> AnswerRoom:
        room: AnswerRoom = self._reading.room
        return room


def _cleaned(path: str) -> str:
    """Return the path with single slashes, as Vault's command line does: Vault would redirect other paths."""
    return re.sub("//+", "/", path)


def _headers(server: VaultServer, token: str) -> dict[str, str]:
    """Return the headers of Vault (https://developer.hashicorp.com/vault/api-docs), without empty ones."""
    named = {"X-Vault-Token": token, "X-Vault-Namespace": server.namespace}
    return {"X-Vault-Request": "true", **{name: value for name, value in named.items() if value}}


def _base(server: VaultServer) -> str:
    if not server.address.startswith(_UNIX):
        return server.address
    return f"http://{quote(server.address.removeprefix(_UNIX).strip('/'), safe='')}"


def _dial_socket(path: str, timeout_s: float) -> BudgetSocket:
    connection = BudgetSocket(AF_UNIX, SOCK_STREAM)
    try:
        connection.settimeout(max(timeout_s, 0.001))
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection


def _outcome(status: int) -> str:
    if cannot_answer(status):
        return "unavailable"
    return "ok" if status < 400 else "refused"


def _may_repeat(request: VaultRequest, error: requests.RequestException) -> bool:
    return request.repeatable and isinstance(error, (requests.ConnectionError, requests.Timeout))


def _unavailable(server: VaultServer, request: VaultRequest, error: Exception) -> Unavailable:
    cause, remedy = _diagnosis(error)
    return Unavailable(f"{request.method} {server.address}/v1/{request.path}: {cause}; {remedy}")


def _diagnosis(error: Exception) -> tuple[str, str]:
    """Return the cause of a failure, and its remedy."""
    if not isinstance(error, requests.exceptions.SSLError):
        remedy = "check vaultAddress of the class (VAULT_ADDR of the provider) and that Vault is up"
        return cause_of(error), remedy
    if verification_problem(error):
        return cause_of(
            error
        ), "name its CA with vaultCACertPath of the class or VAULT_CACERT of the provider"
    return "the TLS connection was refused", (
        "where Vault demands a client certificate, name it with vaultTLSClientCertPath of the class or VAULT_CLIENT_CERT "
        "of the provider"
    )
