"""An API server that hangs: a short while changes nothing, a longer one ends the lead, and no credentials are issued anew."""

from collections.abc import Iterator

import pytest

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.servers.vault import Vault
from tests.vaultsync.running.leases import DYNAMIC, RULES, add_dynamic, leases
from tests.vaultsync.running.operator import Operator, Tenant, eventually, install, leading

LEAD_S = 20


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Cluster]:
    """Yield an API server for these tests only."""
    server = Cluster(tmp_path_factory.mktemp("cluster"), authority)
    try:
        server.wait()
        yield server
    finally:
        server.resume()
        server.stop()


@pytest.fixture(scope="module")
def own_operator(own_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Yield the operator of that API server, once it leads."""
    kubeconfig = install(own_cluster, tmp_path_factory.mktemp("sync"))
    with leading(tmp_path_factory.mktemp("operator"), kubeconfig, DELETION_TIMEOUT="5s") as running:
        yield running


@pytest.fixture
def holding(own_operator: Operator, own_cluster: Cluster, engine: Vault) -> Tenant:
    """A tenant with credentials of the rabbitmq engine, and a Secret in step with the KV engine."""
    tenant = Tenant(own_cluster, engine, RULES + 'path "secret/data/NAMESPACE/*" { capabilities = ["read"] }')
    engine.write(f"rabbitmq-sync/roles/{tenant.namespace}", {"vhosts": '{"/": {"read": ".*"}}'})
    engine.put_secret(f"secret/data/{tenant.namespace}/app", key="old")
    add_dynamic(tenant)
    tenant.static("app", f"{tenant.namespace}/app", refreshAfter="2s")
    eventually(lambda: tenant.condition(DYNAMIC, "credentials").get("status") == "True")
    eventually(lambda: tenant.data("app"))
    return tenant


@pytest.mark.parametrize("long", [False, True], ids=["seconds", "longer than the lead"])
def test_after_an_outage_all_is_in_step_and_no_credentials_are_new(
    holding: Tenant, own_operator: Operator, own_cluster: Cluster, long: bool
) -> None:
    before, credentials, value = leases(holding), holding.data("credentials"), holding.data("app")
    process = own_operator.process
    own_cluster.pause()
    try:
        holding.vault.put_secret(f"secret/data/{holding.namespace}/app", key="new")
        if long:
            eventually(lambda: not process.running(), timeout_s=LEAD_S + 20)
        else:
            eventually(lambda: "the Lease was not renewed" in own_operator.log.read_text())
    finally:
        own_cluster.resume()
    if long:
        assert "the lead is lost" in own_operator.log.read_text()
        own_operator.restart()
    else:
        assert own_operator.leads()
    eventually(lambda: holding.data("app") != value, timeout_s=90)
    assert (leases(holding), holding.data("credentials")) == (before, credentials)
