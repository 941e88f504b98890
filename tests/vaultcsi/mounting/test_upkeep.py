"""Issued secrets stay between mounts: leases of a rabbitmq engine with a permissive broker, and certificates."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.servers.process import stopping
from tests.servers.serving import serving
from tests.servers.vault import Vault, VaultRefused
from tests.vaultcsi.provider import NODE, Provider, Surroundings
from tests.vaultcsi.test_mounts import events_of
from tests.vaultenv.broker import Broker

TTL_S = 4
ENVIRON = {"NODE_NAME": NODE, "RENEWAL_INTERVAL": "200ms", "PODS_INTERVAL": "300ms"}
LEASES = "sys/leases/lookup/rabbitmq-csi/creds/app"
OBJECTS = [
    {"objectName": name, "secretPath": "rabbitmq-csi/creds/app", "secretKey": name}
    for name in ("username", "password")
]


@pytest.fixture(scope="module")
def leasing(surroundings: Surroundings) -> Iterator[Surroundings]:
    """Yield Vault with a rabbitmq engine of short renewable leases, and the role `leasing`."""
    vault = surroundings.vault
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Broker)) as broker:
        connection = {"connection_uri": f"http://127.0.0.1:{broker.server_port}", "verify_connection": False}
        vault.mount("rabbitmq-csi", "rabbitmq")
        vault.write("rabbitmq-csi/config/connection", {**connection, "username": "u", "password": "p"})
        vault.write("rabbitmq-csi/config/lease", {"ttl": TTL_S, "max_ttl": 3600})
        vault.write("rabbitmq-csi/roles/app", {"vhosts": '{"/": {"read": ".*"}}'})
        surroundings.role("leasing", "rabbitmq-csi/creds/app")
        yield surroundings
        vault.write("sys/leases/revoke-prefix/rabbitmq-csi", {})


@pytest.fixture(scope="module")
def keeper(
    session_folder: Path, module_sockets: Path, leasing: Surroundings, provider_kubeconfig: Path
) -> Iterator[Provider]:
    """Yield a provider that checks leases and pods all the time."""
    environ = {**ENVIRON, "VAULT_CACERT": str(leasing.vault.ca_file)}
    running = Provider(session_folder, module_sockets / "vault.sock", provider_kubeconfig, environ)
    yield running
    running.stop()


def leases(vault: Vault) -> set[str]:
    try:
        return set(vault.request("LIST", LEASES)["data"]["keys"])
    except VaultRefused:  # 404: none
        return set()


def eventually(ready: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not ready():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


@pytest.mark.long
def test_all_mounts_of_a_pod_share_a_lease_that_is_renewed(keeper: Provider, leasing: Surroundings) -> None:
    before = leases(leasing.vault)
    attributes = leasing.attributes(OBJECTS, roleName="leasing")
    first = keeper.driver.mount(attributes)
    (lease,) = leases(leasing.vault) - before
    time.sleep(TTL_S * 1.5)
    assert keeper.driver.mount(attributes) == first
    assert leases(leasing.vault) - before == {lease}


def test_another_pod_has_a_lease_of_its_own(keeper: Provider, leasing: Surroundings) -> None:
    first, second = (keeper.driver.files(leasing.attributes(OBJECTS, roleName="leasing")) for _ in range(2))
    assert first["username"] != second["username"]


@pytest.mark.long
def test_a_token_with_leases_is_renewed(keeper: Provider, leasing: Surroundings) -> None:
    leasing.role("short", "rabbitmq-csi/creds/app", ttl=f"{TTL_S}s", max_ttl="1h")
    attributes = leasing.attributes(OBJECTS, roleName="short")
    first = keeper.driver.mount(attributes)
    time.sleep(TTL_S * 1.5)
    assert keeper.driver.mount(attributes) == first


def test_a_lease_that_ended_with_its_token_is_issued_anew(keeper: Provider, leasing: Surroundings) -> None:
    attributes = leasing.attributes(OBJECTS, roleName="leasing")
    first = keeper.driver.files(attributes)
    leasing.vault.write("sys/leases/revoke-prefix/auth/kubernetes/login", {})
    assert keeper.driver.files(attributes) == first  # nothing was asked of Vault
    leasing.vault.put_secret("secret/data/database/beside", k="v")
    leasing.role("both", "rabbitmq-csi/creds/app", "secret/data/database/beside")
    beside = {"objectName": "k", "secretPath": "secret/data/database/beside", "secretKey": "k"}
    pod = leasing.pod()
    attributes = leasing.attributes([*OBJECTS, beside], pod, roleName="both")
    first = keeper.driver.files(attributes)
    leasing.vault.write("sys/leases/revoke-prefix/auth/kubernetes/login", {})
    second = keeper.driver.files(attributes)
    assert second["k"] == b"v"
    assert second["username"] != first["username"]


def test_a_pod_that_is_gone_leaves_no_lease_and_no_token(keeper: Provider, leasing: Surroundings) -> None:
    before, logins = leases(leasing.vault), leasing.logins()
    gone, stays = leasing.pod(), leasing.pod()
    for pod in (gone, stays):
        keeper.driver.mount(leasing.attributes(OBJECTS, pod, roleName="leasing"))
    assert len(leases(leasing.vault) - before) == 2
    leasing.delete(gone)
    eventually(lambda: len(leases(leasing.vault) - before) == 1)
    eventually(lambda: leasing.logins() == logins + 1)
    time.sleep(1)
    assert len(leases(leasing.vault) - before) == 1
    assert '"revoked":true' in keeper.log.read_text()


def test_a_certificate_is_the_same_until_near_its_end(keeper: Provider, leasing: Surroundings) -> None:
    vault = leasing.vault
    vault.mount("pki-csi", "pki")
    vault.write("pki-csi/root/generate/internal", {"common_name": "CA"})
    vault.write("pki-csi/roles/web", {"allow_any_name": True})
    leasing.role("pki-csi", "pki-csi/issue/web")

    def certificate(ttl: str) -> list[dict[str, object]]:
        arguments = {"common_name": "a.example.com", "ttl": ttl}
        return [
            {
                "objectName": key,
                "secretPath": "pki-csi/issue/web",
                "method": "POST",
                "secretArgs": arguments,
                "secretKey": key,
            }
            for key in ("certificate", "private_key")
        ]

    pod = leasing.pod()
    for ttl, stays in (("1h", True), ("30s", False)):
        attributes = leasing.attributes(certificate(ttl), pod, roleName="pki-csi")
        first, second = (keeper.driver.mount(attributes) for _ in range(2))
        assert (first == second) is stays


def test_a_handover_passes_leases_on_and_a_killed_provider_leaves_them(
    session_folder: Path, socket_folder: Path, leasing: Surroundings, provider_kubeconfig: Path
) -> None:
    environ = {**ENVIRON, "VAULT_CACERT": str(leasing.vault.ca_file)}
    start = partial(Provider, session_folder, socket_folder / "vault.sock", provider_kubeconfig, environ)
    before, gone, stays = leases(leasing.vault), leasing.pod(), leasing.pod()
    attributes = leasing.attributes(OBJECTS, stays, roleName="leasing")
    old = start()
    old.driver.mount(leasing.attributes(OBJECTS, gone, roleName="leasing"))
    first = old.driver.mount(attributes)
    new = start()
    old.stop()
    try:
        assert new.driver.mount(attributes) == first
        assert len(leases(leasing.vault) - before) == 2
        leasing.delete(gone)
        eventually(lambda: len(leases(leasing.vault) - before) == 1)
        new.driver.refusal({**attributes, "roleName": "none"})
        assert [event["reason"] for event in events_of(leasing, stays)] == ["SecretsNotRefreshed"]
    finally:
        new.process.kill()
    with stopping(start()) as last:
        assert last.driver.mount(attributes) != first
