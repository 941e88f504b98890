"""Workloads rolled after a change in Vault, on the real API server and Vault, with the rights of the manifests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.cluster import Cluster
from tests.servers.vault import Vault
from tests.vaultsync.running.operator import Operator, eventually
from tests.vaultsync.running.workloads import DONE, PREFIX, Shop
from vaultkube.apiserver.client import Cluster as Client
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.deadline import Deadline
from vaultsync.cluster.notices import Notices
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.store import Key
from vaultsync.control.queue import Queue
from vaultsync.errors import VaultDenied
from vaultsync.reload.logins import Logins
from vaultsync.reload.pace import Pace
from vaultsync.reload.pods import Pods
from vaultsync.reload.reloader import Reloader
from vaultsync.reload.versions import Versions
from vaultsync.reload.watched import Workloads
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.client import Vaults
from vaultsync.vault.engines import Engines
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Tokens

INTERVAL_S = 60.0


class Stand:
    """A reloader in this process, which begins without any memory and looks only on request."""

    def __init__(
        self, kubeconfig: Path, pace: int = 600, kinds: tuple[str, ...] = ("ConfigMap", "Secret")
    ) -> None:
        client = Client(find_connection({"KUBECONFIG": str(kubeconfig)}))
        self.objects = Objects(client)
        self.notices = Notices(self.objects)
        self.notices.start()
        vaults = Vaults()
        self.tokens = Tokens(vaults, client)
        sessions = Sessions(self.tokens)
        self.workloads = Workloads(Queue(), INTERVAL_S)
        self.reloader = Reloader(
            self.workloads,
            self.objects,
            Pods(self.objects, kinds),
            Logins(sessions, Authorities(client), ""),
            Versions(vaults, Engines(vaults), sessions, 0.0),
            self.notices,
            Pace(pace),
            INTERVAL_S,
        )

    def look(self, shop: Shop, name: str = "app") -> float:
        """Check the Deployment as it is now, and return the seconds until the next check."""
        shop.observe(name)
        self.workloads.changed("deployments", shop.found(name))
        return self.reloader.work(Key("deployments", shop.namespace, name), Deadline(30))


@pytest.fixture
def stand(installed: Path) -> Stand:
    return Stand(installed)


@pytest.fixture
def new_shop(cluster: Cluster, cluster_vault: Vault) -> Iterator[Callable[..., Shop]]:
    """A function that makes a namespace, whose workloads go with the test: `--once` of others would look after them."""
    made: list[Shop] = []

    def make(*options: str) -> Shop:
        made.append(Shop(cluster, cluster_vault, *options))
        return made[-1]

    yield make
    for shop in made:
        shop.remove_workloads()


@pytest.fixture
def shop(new_shop: Callable[..., Shop]) -> Shop:
    """A Deployment whose pod reads two secrets, which are there; no operator looks after Deployments."""
    return _stocked(new_shop())


def _stocked(shop: Shop) -> Shop:
    for name in ("db", "key"):
        shop.vault.put_secret(shop.path(name), k="one")
    shop.workload()
    shop.pod(DB=f"vault:{shop.path('db')}#k", KEY=f"vault:{shop.path('key')}#k")
    return shop


def test_a_workload_is_rolled_within_the_interval_and_an_event_names_path_and_versions(
    operator: Operator, new_shop: Callable[..., Shop]
) -> None:
    shop = _stocked(new_shop("metadata", "daemonsets"))
    eventually(lambda: shop.versions() == {"db": 1, "key": 1})
    shop.observe()
    shop.vault.put_secret(shop.path("db"), k="s3cr3t-two")
    eventually(lambda: shop.count() == "1")
    assert shop.versions() == {"db": 2, "key": 1}
    text = f"Rolled: {shop.path('db')} has version 2 (before: 1)"
    eventually(lambda: ("RolloutRestartTriggered", text) in shop.events())
    managers = {each["manager"] for each in shop.found()["metadata"]["managedFields"]}
    assert "vault-webhook-reload" in managers
    assert operator.figure("rolled_total") >= 1
    shown = shop.cluster.kubectl("get", "daemonsets,events", "-n", shop.namespace, "-o", "yaml")
    assert "s3cr3t-two" not in shown + operator.log.read_text() + operator.get("/metrics")[1]


def test_a_restart_rolls_nothing_and_misses_no_change_that_was_made_meanwhile(
    installed: Path, shop: Shop
) -> None:
    Stand(installed).look(shop)
    Stand(installed).look(shop)
    assert shop.count() == ""
    shop.vault.put_secret(shop.path("key"), k="two")
    Stand(installed).look(shop)
    assert shop.count() == "1"


def test_a_rollout_that_is_under_way_and_a_pause_put_the_next_one_off(stand: Stand, shop: Shop) -> None:
    stand.look(shop)
    shop.vault.put_secret(shop.path("db"), k="two")
    stand.look(shop)
    assert shop.count() == "1"
    shop.observe(updatedReplicas=0)
    shop.vault.put_secret(shop.path("db"), k="three")
    stand.look(shop)
    assert shop.count() == "1"
    shop.patch({"spec": {"paused": True}})
    shop.finish_rollout()
    stand.look(shop)
    assert shop.count() == "1"
    shop.patch({"spec": {"paused": False}})
    shop.finish_rollout()
    stand.look(shop)
    assert (shop.count(), shop.versions()["db"]) == ("2", 3)


def test_a_rollout_above_the_pace_waits_for_its_turn(installed: Path, shop: Shop) -> None:
    stand = Stand(installed, pace=1)
    shop.workload("other")
    shop.pod("other", DB=f"vault:{shop.path('db')}#k")
    for name in ("app", "other"):
        stand.look(shop, name)
    shop.vault.put_secret(shop.path("db"), k="two")
    stand.look(shop)
    wait_s = stand.look(shop, "other")
    assert (shop.count(), shop.count("other")) == ("1", "")
    assert 0 < wait_s <= 60
    assert shop.versions("other") == {"db": 1}


def test_workloads_of_one_identity_share_its_login(stand: Stand, shop: Shop) -> None:
    shop.workload("other")
    shop.pod("other", DB=f"vault:{shop.path('db')}#k")
    for name in ("app", "other", "app"):
        stand.look(shop, name)
    assert stand.tokens.logins == 1


def test_the_version_beside_the_data_is_used_without_a_right_to_the_metadata(
    stand: Stand, new_shop: Callable[..., Shop]
) -> None:
    shop = new_shop("data")
    shop.vault.put_secret(shop.path("db"), k="one")
    shop.workload()
    shop.pod(DB=f"vault:{shop.path('db')}#k")
    stand.look(shop)
    assert shop.versions() == {"db": 1}
    shop.vault.put_secret(shop.path("db"), k="two")
    stand.look(shop)
    assert (shop.count(), shop.versions()) == ("1", {"db": 2})


def test_a_version_that_pods_could_not_read_rolls_nothing(stand: Stand, shop: Shop) -> None:
    stand.look(shop)
    shop.vault.put_secret(shop.path("db"), k="two")
    shop.vault.request("DELETE", shop.path("db"))
    shop.vault.request("DELETE", shop.path("key").replace("/data/", "/metadata/"))
    stand.look(shop)
    assert (shop.count(), shop.versions()) == ("", {"db": 1, "key": 1})
    eventually(lambda: any("latest version is deleted" in message for _, message in shop.events()))
    shop.vault.put_secret(shop.path("db"), k="three")
    stand.look(shop)
    assert (shop.count(), shop.versions()) == ("1", {"db": 3, "key": 1})


def test_a_path_that_the_pods_may_not_read_rolls_nothing(
    stand: Stand, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    stranger = new_shop()
    stranger.workload()
    stranger.pod(DB=f"vault:{shop.path('db')}#k")
    stand.look(stranger)
    assert stranger.versions() == {}
    eventually(lambda: any("permission denied" in message for _, message in stranger.events()))
    stranger.workload("disguised")
    stranger.pod("disguised", VAULT_ROLE=shop.namespace, DB=f"vault:{shop.path('db')}#k")
    with pytest.raises(VaultDenied, match="failed to login"):
        stand.look(stranger, "disguised")


def test_an_engine_without_versions_has_one_event_and_rolls_nothing(stand: Stand, shop: Shop) -> None:
    mount = f"kv1-{shop.namespace}"
    shop.vault.mount(mount, version="1")
    shop.vault.write(f"{mount}/app", {"k": "one"})
    rules = f'path "{mount}/*" {{ capabilities = ["read"] }}'
    shop.vault.policy(shop.namespace, rules)
    shop.workload("old")
    shop.pod("old", A=f"vault:{mount}/app#k")
    for _ in range(2):
        stand.look(shop, "old")
    stand.notices.finish(5)
    text = f"Not looked after: {mount}/app: an engine of type kv version 1 has no versions"
    assert shop.events("old") == [("SecretSyncError", text)]
    assert shop.versions("old") == {}


def test_references_behind_env_from_count_too(stand: Stand, shop: Shop) -> None:
    maps = f"/api/v1/namespaces/{shop.namespace}/configmaps"
    data = {"DB": f"vault:{shop.path('db')}#k"}
    shop.cluster.request("POST", maps, {"metadata": {"name": "settings"}, "data": data})
    shop.workload("mapped")
    shop.pod("mapped", env_from=[{"configMapRef": {"name": "settings"}}])
    stand.look(shop, "mapped")
    assert shop.versions("mapped") == {"db": 1}


def test_a_workload_without_pods_forgets_their_versions(stand: Stand, shop: Shop) -> None:
    stand.look(shop)
    pods = f"/api/v1/namespaces/{shop.namespace}/pods"
    for pod in shop.cluster.request("GET", pods)["items"]:
        shop.cluster.request("DELETE", f"{pods}/{pod['metadata']['name']}", {"gracePeriodSeconds": 0})
    shop.patch({"spec": {"replicas": 0}})
    shop.observe(**dict.fromkeys(DONE, 0))
    stand.look(shop)
    assert shop.versions() == {}


def test_a_workload_without_the_annotation_is_not_rolled(stand: Stand, shop: Shop) -> None:
    shop.workload("quiet", annotations={PREFIX + "reload-on-secret-change": "false"})
    stand.look(shop, "quiet")
    assert shop.versions("quiet") == {}
