"""One provider for the session, on the session's API server and Vault."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.cluster import Cluster
from tests.servers.vault import Vault
from tests.vaultcsi.provider import Provider, Surroundings


@pytest.fixture(scope="session")
def surroundings(cluster: Cluster, cluster_vault: Vault) -> Surroundings:
    """Cluster and Vault with the ServiceAccount `db`, the role `database` and its secret."""
    found = Surroundings(cluster, cluster_vault)
    found.account()
    cluster_vault.put_secret("secret/data/database/secret", username="myusername", password="mypassword")
    found.role("database", "secret/data/database/*")
    return found


@pytest.fixture(scope="session")
def provider_kubeconfig(surroundings: Surroundings, session_folder: Path) -> Path:
    """The kubeconfig of the provider's ServiceAccount, with the rights of its manifests."""
    folder = session_folder / "manifests-csi"
    folder.mkdir()
    return surroundings.install(folder)


def _folder() -> Iterator[Path]:
    """Yield a folder whose name is short enough for sockets in it."""
    folder = Path(tempfile.mkdtemp(prefix="csi-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """A folder for the sockets of one test."""
    yield from _folder()


@pytest.fixture(scope="module")
def module_sockets() -> Iterator[Path]:
    """A folder for the sockets of one file of tests."""
    yield from _folder()


@pytest.fixture(scope="session")
def session_sockets() -> Iterator[Path]:
    """A folder for the sockets of the session."""
    yield from _folder()


@pytest.fixture(scope="session")
def provider(
    session_folder: Path, session_sockets: Path, surroundings: Surroundings, provider_kubeconfig: Path
) -> Iterator[Provider]:
    """The session's provider, which trusts the session's Vault."""
    running = Provider(
        session_folder,
        session_sockets / "vault.sock",
        provider_kubeconfig,
        {"VAULT_CACERT": str(surroundings.vault.ca_file)},
    )
    yield running
    running.stop()
