"""Requests to any number of Vaults, with a connection pool for each TLS trust; each request carries its own token."""

import json
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import requests

from vaultenv.basics.jsontext import count_values
from vaultenv.basics.text import bounded
from vaultenv.client.address import quoted
from vaultenv.client.answers import body_of, cannot_answer, is_unknown_token, outage, refusal
from vaultenv.references.fields import Fault
from vaultenv.references.grammar import normal_path
from vaultkube.deadline import Deadline
from vaultkube.lru import LRUDict
from vaultkube.net.bounded import BoundedClient
from vaultkube.net.room import NoRoom
from vaultkube.net.tls import client_context
from vaultkube.vault.failures import cause_of
from vaultsync.errors import ReferenceRefused, TokenUnknown, VaultAway, VaultDenied
from vaultsync.vault.server import Server

_ANSWER_BYTES = 4 << 20
_MOST_VALUES = 100_000
"""Values in an answer: each takes up to a hundred times as much memory as its text."""
_MOST_POOLS = 32
_MOST_CHARACTERS = 1 << 20
"""Characters of the CAs of all pools: contexts take ten times as much memory."""
_SHOWN = 300
_FOUND, _NOT_FOUND = (200, 202, 204), 404


class Call(NamedTuple):
    """A request to Vault; `path` is without `v1/`."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    body: Mapping[str, Any] | None = None
    token: str = ""
    namespace: str = ""


class Vaults:
    """Sends requests to any number of Vaults; safe to share between threads."""

    def __init__(self) -> None:
        self._pools: LRUDict[tuple[str, str, bool], BoundedClient] = LRUDict(_MOST_POOLS)
        self._lock = threading.Lock()

    def send(self, server: Server, call: Call) -> dict[str, Any]:
        """Return the JSON object of Vault's answer, empty for 204; raise VaultDenied or VaultAway, which name the path.

        A deleted version of KV version 2 is an answer too: Vault sends its metadata with status 404.
        """
        response = self.exchange(server, call)
        body = body_of(response.content)
        is_missing = response.status_code == _NOT_FOUND and call.method == "GET"
        if response.status_code in _FOUND or (is_missing and isinstance(body.get("data"), dict)):
            return body
        line = refusal(call.method, _url(server, call), response.status_code, response.content)
        if is_missing:
            line = f"{line}: {_advice(call, body)}"
        if cannot_answer(response.status_code):
            raise VaultAway(f"{line}: {outage(response.status_code)}; the request is retried automatically")
        denied = TokenUnknown if is_unknown_token(response.status_code, response.content) else VaultDenied
        raise denied(line, response.status_code)

    def exchange(self, server: Server, call: Call) -> requests.Response:
        """Return Vault's answer of any status; raise VaultDenied for an answer that is too long, VaultAway for none."""
        deadline = Deadline(server.timeout_s)
        try:
            response = self._pool(server).exchange(_request(server, call), deadline.remaining_s())
        except NoRoom:
            raise VaultDenied(
                f"{bounded(call.path, _SHOWN)}: Vault's answer is longer than {_ANSWER_BYTES} bytes"
            ) from None
        except requests.exceptions.InvalidHeader:
            raise ReferenceRefused(
                "headers of the VaultConnection or VaultAuth: a name or a value is none of HTTP: correct it"
            ) from None
        except requests.RequestException as error:
            raise VaultAway(
                f"{call.method} {_url(server, call)}: {cause_of(error)}; check the address and CA of the "
                "VaultConnection, and that Vault is up"
            ) from None
        if count_values(response.content) > _MOST_VALUES:
            raise VaultDenied(
                f"{bounded(call.path, _SHOWN)}: Vault's answer has more than {_MOST_VALUES} values"
            )
        return response

    def _pool(self, server: Server) -> BoundedClient:
        key = server.ca, server.server_name, server.skip_verify
        with self._lock:
            pool = self._pools[key] = self._pools.get(key) or _new_pool(server)
            while len(self._pools) > 1 and sum(len(ca) for ca, _, _ in self._pools) > _MOST_CHARACTERS:
                self._pools.popitem(last=False)
            return pool


def _advice(call: Call, body: Mapping[str, Any]) -> str:
    """Return what to do about a path that Vault does not find."""
    if "versioned K/V" in str(body.get("warnings")):
        return "the mount is one of KV version 2: set spec.type: kv-v2"
    if "version" in call.query:
        return "nothing is stored there, or not in this version: correct spec.version, spec.mount, spec.type or spec.path"
    return (
        "nothing is stored there, or no secrets engine is mounted: correct spec.mount, spec.path (which is without data/) and "
        "spec.type, or write the secret"
    )


def _new_pool(server: Server) -> BoundedClient:
    try:
        context = client_context(server.ca, verify=not server.skip_verify)
    except (OSError, ValueError):
        raise ReferenceRefused(
            "the CA of the VaultConnection holds no certificate in PEM form: see caCertSecretRef and caCertPath"
        ) from None
    return BoundedClient(context, _ANSWER_BYTES, server_name=server.server_name)


def _url(server: Server, call: Call) -> str:
    """Return the URL of a request for messages: in one line, and shortened."""
    return bounded(f"{server.address}/v1/{call.path}", _SHOWN)


def _path(call: Call) -> str:
    """Return the path in Vault's form; raise VaultDenied for one that leads out of Vault's tree, as clients apply `..`."""
    try:
        return normal_path(call.path)
    except Fault as fault:
        raise VaultDenied(f"{bounded(call.path, _SHOWN)}: {fault.message}") from None


def _request(server: Server, call: Call) -> requests.PreparedRequest:
    headers = {"X-Vault-Request": "true", **dict(server.headers)}
    headers |= {"X-Vault-Token": call.token} if call.token else {}
    headers |= {"X-Vault-Namespace": call.namespace} if call.namespace else {}
    query = f"?{urlencode(call.query)}" if call.query else ""
    return requests.Request(
        call.method,
        f"{server.address.rstrip('/')}/v1/{quoted(_path(call))}{query}",
        headers=headers,
        data=None if call.body is None else json.dumps(call.body).encode(),
    ).prepare()
