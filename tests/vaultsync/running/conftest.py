"""An operator for all tests of the folder, and a tenant for each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.cluster import Cluster
from tests.servers.vault import Vault, VaultRefused
from tests.vaultsync.running.leases import RULES as LEASE_RULES
from tests.vaultsync.running.leases import rabbitmq
from tests.vaultsync.running.operator import Operator, Tenant, install, leading

RULES = 'path "secret/data/NAMESPACE/*" { capabilities = ["read"] }'


@pytest.fixture(scope="session")
def installed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a kubeconfig of the operator's ServiceAccount, with exactly the rights of its manifests."""
    return install(cluster, tmp_path_factory.mktemp("sync"))


@pytest.fixture(scope="session")
def approle_vault(vault: Vault) -> Vault:
    """The session's Vault with the auth method approle."""
    try:
        vault.write("sys/auth/approle", {"type": "approle"})
    except VaultRefused as error:
        assert "in use" in str(error)
    vault.put_secret("secret/data/sync", key="value")
    return vault


@pytest.fixture(scope="session")
def operator(
    waking_cluster: Cluster, installed: Path, approle_vault: Vault, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    """Yield the operator once it leads; the CAs of its system are Vault's."""
    trusted = {"SSL_CERT_FILE": str(approle_vault.ca_file)}
    settings = {"DELETION_TIMEOUT": "5s", "RELOAD_INTERVAL": "5s", "RELOADED_WORKLOADS": "daemonsets"}
    with leading(tmp_path_factory.mktemp("operator"), installed, **settings, **trusted) as running:
        yield running


@pytest.fixture
def new_tenant(cluster: Cluster, approle_vault: Vault) -> Callable[..., Tenant]:
    """Return a function that makes a tenant with these rules of a policy."""
    return lambda rules=RULES: Tenant(cluster, approle_vault, rules)


@pytest.fixture
def tenant(new_tenant: Callable[..., Tenant]) -> Tenant:
    """A tenant that may read its own path of the KV engine."""
    return new_tenant()


@pytest.fixture(scope="session")
def engine(approle_vault: Vault) -> Iterator[Vault]:
    """Vault with a rabbitmq engine and a PKI role."""
    vault = approle_vault
    with rabbitmq(vault, "rabbitmq-sync"):
        vault.mount("pki-sync", "pki")
        vault.write("pki-sync/root/generate/internal", {"common_name": "sync", "ttl": "24h"})
        web = {"allow_any_name": True, "ttl": "1h", "key_type": "ec", "key_bits": 256}
        vault.write("pki-sync/roles/web", web)
        yield vault


@pytest.fixture
def leasing(new_tenant: Callable[..., Tenant], engine: Vault) -> Tenant:
    """A tenant with a role of its own of the rabbitmq engine."""
    tenant = new_tenant(LEASE_RULES)
    engine.write(f"rabbitmq-sync/roles/{tenant.namespace}", {"vhosts": '{"/": {"read": ".*"}}'})
    engine.write("rabbitmq-sync/config/lease", {"ttl": 3600, "max_ttl": 7200})
    return tenant
