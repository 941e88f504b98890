"""One provider for the session, on the session's API server and Vault; seed names as in the documentation."""

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
def provider_kubeconfig(surroundings: Surroundings) -> Path:
    """The kubeconfig of the provider's ServiceAccount, with the rights of its manifests."""
    return surroundings.install()


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """A folder whose name is short enough for sockets in it."""
    folder = Path(tempfile.mkdtemp(prefix="csi-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def provider(
    session_folder: Path, surroundings: Surroundings, provider_kubeconfig: Path
) -> Iterator[Provider]:
    """The session's provider, which trusts the session's Vault."""
    folder = Path(tempfile.mkdtemp(prefix="csi-"))
    running = Provider(
        session_folder,
        folder / "vault.sock",
        provider_kubeconfig,
        {"VAULT_CACERT": str(surroundings.vault.ca_file)},
    )
    yield running
    running.stop()
    shutil.rmtree(folder)
