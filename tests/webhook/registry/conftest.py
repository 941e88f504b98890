"""Fixtures of the registry client's tests."""

from collections.abc import Callable, Iterator

import pytest

from tests.servers.authority import Authority
from tests.servers.registry import Registry
from tests.webhook.registry.hostile_server import HostileServer
from webhook.registry.client import RegistryClient
from webhook.registry.observer import Observer
from webhook.registry.query import PullSecret
from webhook.registry.settings import RegistrySettings

Connect = Callable[..., RegistryClient]


@pytest.fixture
def connect(authority: Authority) -> Iterator[Connect]:
    """Return a function that makes a client allowed to connect to this machine; options are the operator's variables."""
    clients: list[RegistryClient] = []

    def make(observer: Observer | None = None, lookups: int = 48, **variables: str) -> RegistryClient:
        environ = {
            "REGISTRY_CA_FILE": str(authority.ca_file),
            "REGISTRY_PRIVATE_HOSTS": "127.0.0.1,localhost",
            **variables,
        }
        clients.append(RegistryClient(RegistrySettings.from_environ(environ), observer, lookups=lookups))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture(params=["anonymous", "basic", "bearer"])
def registry(request: pytest.FixtureRequest) -> Registry:
    """Return each of the three registries in turn."""
    found: Registry = request.getfixturevalue(f"{request.param}_registry")
    return found


def pull_secrets(registry: Registry) -> tuple[PullSecret, ...]:
    """Return the pull secret of a pod with the right to pull."""
    content = registry.pull_secret().encode()
    return (PullSecret("team", "pull", "kubernetes.io/dockerconfigjson", content),)


@pytest.fixture
def server(authority: Authority) -> Iterator[HostileServer]:
    running = HostileServer(authority.issue("hostile"))
    yield running
    running.stop()


@pytest.fixture
def other(authority: Authority) -> Iterator[HostileServer]:
    """Yield a server under another host name, `localhost`, though with the same address."""
    running = HostileServer(authority.issue("other"))
    yield running
    running.stop()


@pytest.fixture
def plain() -> Iterator[HostileServer]:
    """Yield a server without TLS."""
    running = HostileServer(None)
    yield running
    running.stop()


@pytest.fixture
def client(connect: Connect) -> RegistryClient:
    return connect()
