"""Fixtures of the launcher's tests: a Vault with the predecessor's fixture secrets, and both clients."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import hvac
import pytest

from tests.servers.authority import with_key_usage
from tests.servers.serving import serving
from tests.servers.vault import Vault
from tests.vaultenv import launcher
from tests.vaultenv.broker import MAX_TTL_S, TTL_S, Broker
from vaultenv.basics.deadline import Deadline
from vaultenv.basics.log import Log
from vaultenv.client.open import open_vault
from vaultenv.native.build.architecture import ARCHITECTURES, Architecture, native
from vaultenv.native.build.build import build
from vaultenv.references.reader import Reader
from vaultenv.settings import Settings
from vaultkube.vault.reader import HvacReader

MakeReader = Callable[[Vault, str], Reader]


@pytest.fixture(scope="session")
def secrets(vault: Vault) -> Vault:
    """Yield Vault with KV 2 at `secret`, KV 1 at `kv1`, transit with the key `mykey` and a PKI."""
    vault.put_secret("secret/data/account", username="superusername1", password="secret1")
    vault.put_secret("secret/data/account", username="superusername", password="secret")
    vault.put_secret("secret/data/gone", password="x")
    vault.request("DELETE", "secret/data/gone")
    vault.put_secret("secret/data/destroyed", password="x")
    vault.write("secret/destroy/destroyed", {"versions": [1]})
    vault.mount("kv1", version="1")
    vault.write("kv1/account", {"username": "one", "data": "a field called data", "number": 12})
    vault.mount("transit", "transit")
    vault.write("transit/keys/mykey", {})
    vault.mount("pki", "pki")
    vault.write("pki/root/generate/internal", {"common_name": "test"})
    return vault


@pytest.fixture(scope="session")
def leasing(secrets: Vault) -> Iterator[Vault]:
    """Yield Vault with a rabbitmq engine of short leases."""
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Broker)) as broker:
        connection = {"connection_uri": f"http://127.0.0.1:{broker.server_port}", "verify_connection": False}
        secrets.mount("rabbitmq", "rabbitmq")
        secrets.write("rabbitmq/config/connection", {**connection, "username": "u", "password": "p"})
        secrets.write("rabbitmq/config/lease", {"ttl": TTL_S, "max_ttl": MAX_TTL_S})
        secrets.write("rabbitmq/roles/app", {"vhosts": '{"/": {"read": ".*"}}'})
        yield secrets
        secrets.write("sys/leases/revoke-prefix/rabbitmq", {})


def own_settings(vault: Vault, **more: str) -> Settings:
    """Return settings for this Vault, with waits of five seconds at most."""
    leading = {"VAULT_ADDR": vault.address, "VAULT_CACERT": str(vault.ca_file), "VAULT_ENV_TIMEOUT": "5s"}
    return Settings({name.encode(): value.encode() for name, value in {**leading, **more}.items()})


@contextmanager
def own_client(vault: Vault, token: str) -> Iterator[Reader]:
    """The launcher's client, with a token."""
    settings = own_settings(vault)
    client = open_vault(settings, Deadline(settings.timeout_s), Log("error"))
    client.use(token)
    yield client
    client.close()


@contextmanager
def hvac_client(vault: Vault, token: str) -> Iterator[Reader]:
    """Return the twin on hvac, with a token."""
    client = hvac.Client(vault.address, token=token, verify=str(with_key_usage(vault.ca_file)))
    yield HvacReader(client)
    client.session.close()


@pytest.fixture(params=[own_client, hvac_client], ids=["own", "hvac"])
def make_reader(request: pytest.FixtureRequest) -> Iterator[MakeReader]:
    """Return each client's constructor in turn, for a Vault and a token."""
    with ExitStack() as stack:
        yield lambda vault, token: stack.enter_context(request.param(vault, token))


@pytest.fixture
def store_file(tmp_path: Path) -> Path:
    """Return the embedded store with the same secrets, as far as it can hold them."""
    file = tmp_path / "secrets.json"
    first = {"username": "superusername1", "password": "secret1"}
    last = {"username": "superusername", "password": "secret"}
    file.write_text(
        json.dumps(
            {
                "secret/data/account": last,
                "secret/data/account#1": first,
                "secret/data/account#2": last,
                "kv1/account": {"username": "one", "data": "a field called data", "number": 12},
            }
        )
    )
    return file


@pytest.fixture(scope="session")
def static_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shipped launcher, built from the sources of this tree for this machine."""
    return _built(native(), tmp_path_factory)


@pytest.fixture(scope="session")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the command that runs the launcher of the other architecture; it needs Debian's qemu-user-static."""
    other = next(one for one in ARCHITECTURES.values() if one != native())
    return [f"/usr/bin/qemu-{other.machine}-static", str(_built(other, tmp_path_factory))]


def _built(architecture: Architecture, folders: pytest.TempPathFactory) -> Path:
    file = folders.mktemp(architecture.name) / "vault-env"
    build(architecture, file)
    return file


_LAUNCHERS = [
    "interpreter",
    pytest.param("static", marks=pytest.mark.launcher),
    pytest.param("emulated", marks=pytest.mark.arm64),
]


@pytest.fixture(params=_LAUNCHERS)
def each_launcher(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set `launcher.start` to the sources, the static file, and the one for the other architecture in turn."""
    if request.param == "static":
        monkeypatch.setattr(launcher, "COMMAND", [str(request.getfixturevalue("static_file"))])
    elif request.param == "emulated":
        monkeypatch.setattr(launcher, "COMMAND", request.getfixturevalue("emulated"))


@pytest.fixture
def daemon() -> Iterator[launcher.Begin]:
    """Return a function that starts launchers in daemon mode, and end them after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*words: str, **environ: str) -> subprocess.Popen[bytes]:
        started.append(launcher.start(*words, VAULT_ENV_DAEMON="true", PATH="/usr/bin:/bin", **environ))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
