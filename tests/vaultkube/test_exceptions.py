"""Every exception of urllib3, requests and hvac becomes one of ours, whose message repeats no foreign text.

The classes are read from the libraries: a class that a newer version brings is tried too.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
import requests
import requests.exceptions
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse

from tests.vaultkube.library_exceptions import REMOTE_TEXT, exceptions_of, instance_of
from vaultenv.errors import VaultUnavailable
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, ImageNotRead
from vaultkube.vault.client import new_client
from vaultkube.vault.reader import HvacReader
from webhook.registry.client import RegistryClient
from webhook.registry.query import ImageQuery
from webhook.registry.settings import RegistrySettings

BUDGET_S = 0.1
CLUSTER = Cluster(Connection(server="https://127.0.0.1:1"))
URLLIB3 = exceptions_of(urllib3.exceptions)
REQUESTS = exceptions_of(requests.exceptions)

Exchange = Callable[[], Exception]


def of_api_server() -> Exception:
    """Return the error of a read from the API server that fails."""
    with pytest.raises(ClusterUnavailable) as caught:
        CLUSTER.get("Secret", "shop", "db", Deadline(BUDGET_S))
    return caught.value


def of_registry() -> Exception:
    """Return the error of a read from a registry that fails."""
    client = RegistryClient(RegistrySettings.from_environ({}))
    try:
        with pytest.raises(ImageNotRead) as caught:
            client.fetch(ImageQuery("registry.example.com/app:1"), Deadline(BUDGET_S))
    finally:
        client.close()
    return caught.value


def of_vault() -> Exception:
    """Return the error of a read from Vault that fails."""
    client = new_client("https://127.0.0.1:1", ca="", token="t", remaining_s=Deadline(BUDGET_S).remaining_s)
    (outcome,) = HvacReader(client).read([("kv/data/db", "")])
    client.adapter.close()
    assert isinstance(outcome, VaultUnavailable)
    return outcome


def raising(kind: type[Exception]) -> Callable[..., NoReturn]:
    error = instance_of(kind)

    def call(*_arguments: Any, **_options: Any) -> NoReturn:
        raise error

    return call


def names(kind: object) -> str:
    return getattr(kind, "__name__", str(kind))


@pytest.mark.parametrize("exchange", [of_api_server, of_registry, of_vault], ids=names)
@pytest.mark.parametrize("kind", URLLIB3, ids=names)
def test_an_exception_of_urllib3_becomes_ours(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception], exchange: Exchange
) -> None:
    monkeypatch.setattr(HTTPConnectionPool, "urlopen", raising(kind))
    assert REMOTE_TEXT not in str(exchange())


@pytest.mark.parametrize("exchange", [of_api_server, of_registry, of_vault], ids=names)
@pytest.mark.parametrize("kind", REQUESTS, ids=names)
def test_an_exception_of_requests_becomes_ours(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception], exchange: Exchange
) -> None:
    monkeypatch.setattr(HTTPAdapter, "send", raising(kind))
    assert REMOTE_TEXT not in str(exchange())


@pytest.mark.parametrize("exchange", [of_api_server, of_vault], ids=names)
@pytest.mark.parametrize("kind", URLLIB3, ids=names)
def test_an_exception_while_the_body_is_read_becomes_ours(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception], exchange: Exchange
) -> None:
    response = HTTPResponse(preload_content=False)
    monkeypatch.setattr(response, "read", raising(kind))
    monkeypatch.setattr(HTTPConnectionPool, "urlopen", lambda *_arguments, **_options: response)
    assert REMOTE_TEXT not in str(exchange())
