"""Dynamic secrets of a real Vault: its rabbitmq engine, on a broker that agrees to all."""

import base64
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.servers.vault import Vault, VaultRefused
from tests.vaultsync.running.operator import Operator, Tenant, eventually

RULES = """
path "rabbitmq-sync/creds/NAMESPACE" { capabilities = ["read"] }
path "pki-sync/issue/web" { capabilities = ["update"] }
path "sys/leases/revoke" { capabilities = ["update"] }
"""
KIND = "VaultDynamicSecret"


class Broker(BaseHTTPRequestHandler):
    """RabbitMQ's management API as far as Vault uses it."""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(204)
        self.end_headers()

    do_DELETE = do_PUT

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def engine(approle_vault: Vault) -> Iterator[Vault]:
    """Vault with a rabbitmq engine and a PKI role."""
    vault = approle_vault
    with ThreadingHTTPServer(("127.0.0.1", 0), Broker) as broker:
        thread = Thread(target=broker.serve_forever)
        thread.start()
        connection = {"connection_uri": f"http://127.0.0.1:{broker.server_port}", "verify_connection": False}
        vault.mount("rabbitmq-sync", "rabbitmq")
        vault.write("rabbitmq-sync/config/connection", {**connection, "username": "u", "password": "p"})
        vault.mount("pki-sync", "pki")
        vault.write("pki-sync/root/generate/internal", {"common_name": "sync", "ttl": "24h"})
        web = {"allow_any_name": True, "ttl": "1h", "key_type": "ec", "key_bits": 256}
        vault.write("pki-sync/roles/web", web)
        yield vault
        vault.write("sys/leases/revoke-prefix/rabbitmq-sync", {})
        broker.shutdown()
        thread.join()


@pytest.fixture
def leasing(new_tenant: Callable[..., Tenant], engine: Vault) -> Tenant:
    """A tenant with a role of its own of the rabbitmq engine."""
    tenant = new_tenant(RULES)
    engine.write(f"rabbitmq-sync/roles/{tenant.namespace}", {"vhosts": '{"/": {"read": ".*"}}'})
    engine.write("rabbitmq-sync/config/lease", {"ttl": 3600, "max_ttl": 7200})
    return tenant


def _leases(tenant: Tenant) -> set[str]:
    try:
        path = f"sys/leases/lookup/rabbitmq-sync/creds/{tenant.namespace}"
        return set(tenant.vault.request("LIST", path)["data"]["keys"])
    except VaultRefused:  # 404: none
        return set()


def _add(tenant: Tenant, name: str = "credentials", **spec: Any) -> None:
    whole: dict[str, Any] = {
        "vaultAuthRef": "vault-auth",
        "mount": "rabbitmq-sync",
        "path": f"creds/{tenant.namespace}",
        "destination": {"name": name, "create": True},
    }
    tenant.custom(KIND, name, **{**whole, **spec})
    eventually(lambda: tenant.condition(KIND, name).get("status") == "True")


def test_a_new_object_issues_its_credentials_once(operator: Operator, leasing: Tenant) -> None:
    _add(leasing)
    time.sleep(1)
    (lease,) = _leases(leasing)
    status = leasing.found(KIND, "credentials")["status"]
    assert status["secretLease"]["id"].endswith(lease)
    assert sorted(leasing.data("credentials")) == ["_raw", "password", "username"]
    reason, message = eventually(lambda: leasing.events("credentials"))[0]
    assert reason == "SecretSynced"
    assert message.startswith(f'Secret synced, lease_id="{status["secretLease"]["id"]}", horizon=')


@pytest.mark.parametrize("kill", [False, True])
def test_a_restart_issues_nothing_anew_and_forgets_no_lease(
    operator: Operator, leasing: Tenant, kill: bool
) -> None:
    _add(leasing)
    before, data = _leases(leasing), leasing.data("credentials")
    operator.restart(kill=kill)
    time.sleep(6)  # what is in step is looked at within five seconds
    assert _leases(leasing) == before
    assert leasing.data("credentials") == data


def test_a_label_of_the_object_issues_nothing_anew(operator: Operator, leasing: Tenant) -> None:
    _add(leasing)
    before = _leases(leasing)
    leasing.patch(leasing.path(KIND, "credentials"), {"metadata": {"labels": {"team": "one"}}})
    time.sleep(1.5)
    assert _leases(leasing) == before


def test_a_changed_object_gets_new_credentials_and_the_old_lease_is_revoked(
    operator: Operator, leasing: Tenant
) -> None:
    _add(leasing)
    before = _leases(leasing)
    leasing.patch(leasing.path(KIND, "credentials"), {"spec": {"renewalPercent": 50}})
    eventually(lambda: len(_leases(leasing)) == 1 and _leases(leasing) != before)


def test_a_lease_is_renewed_and_followed_by_another_when_vault_renews_it_no_more(
    operator: Operator, leasing: Tenant
) -> None:
    leasing.vault.write("rabbitmq-sync/config/lease", {"ttl": 4, "max_ttl": 9})
    _add(leasing)
    first = leasing.data("credentials")
    time.sleep(3.5)
    assert leasing.data("credentials") == first
    reasons = [reason for reason, _ in leasing.events("credentials")]
    assert "SecretLeaseRenewal" in reasons
    eventually(lambda: leasing.data("credentials") != first, timeout_s=9)
    eventually(lambda: "SecretRotated" in [reason for reason, _ in leasing.events("credentials")])
    told = [message for reason, message in leasing.events("credentials") if reason == "SecretLeaseRenewal"]
    assert any("truncated from 4s to" in message for message in told)


def test_credentials_are_issued_anew_before_the_token_ends_that_they_hang_on(
    operator: Operator, leasing: Tenant
) -> None:
    role = {"token_policies": [leasing.role], "token_ttl": "15s", "token_max_ttl": "15s"}
    leasing.vault.write(f"auth/approle/role/{leasing.role}", role)
    _add(leasing)
    first = _leases(leasing)
    data = leasing.data("credentials")
    eventually(lambda: leasing.data("credentials") != data, timeout_s=15)
    assert first <= _leases(leasing), "the lease before had ended when the new credentials came"


def test_with_revoke_a_deletion_revokes_the_lease_though_the_namespace_goes_at_once(
    operator: Operator, leasing: Tenant
) -> None:
    _add(leasing, revoke=True)
    assert _leases(leasing)
    for kind, name in (
        ("VaultConnection", "vault-connection"),
        ("VaultAuth", "vault-auth"),
        (KIND, "credentials"),
    ):
        leasing.cluster.request("DELETE", leasing.path(kind, name))
    paths = [leasing.path("VaultAuth", "vault-auth"), leasing.path(KIND, "credentials")]
    eventually(lambda: all(leasing.cluster.answer("GET", path).status_code == 404 for path in paths))
    assert not _leases(leasing)


def test_without_revoke_a_deletion_revokes_nothing(operator: Operator, leasing: Tenant) -> None:
    _add(leasing)
    leasing.cluster.request("DELETE", leasing.path(KIND, "credentials"))
    time.sleep(1)
    assert _leases(leasing)


def test_a_deletion_ends_in_time_though_vault_is_away(operator: Operator, leasing: Tenant) -> None:
    _add(leasing, revoke=True)
    connection = leasing.path("VaultConnection", "vault-connection")
    leasing.patch(connection, {"spec": {"address": "https://127.0.0.1:9"}})
    leasing.cluster.request("DELETE", leasing.path(KIND, "credentials"))
    path = leasing.path(KIND, "credentials")
    eventually(lambda: leasing.cluster.answer("GET", path).status_code == 404, timeout_s=20)


def test_credentials_without_a_lease_are_issued_once(operator: Operator, leasing: Tenant) -> None:
    _add(leasing, mount="pki-sync", path="issue/web", params={"common_name": "web.example"})
    first = leasing.data("credentials")
    auth = leasing.path("VaultAuth", "vault-auth")
    worked = operator.figure("worked_total")
    leasing.patch(
        auth, {"spec": {"allowedNamespaces": ["other"]}}
    )  # all that use it are looked at within 5 s
    eventually(lambda: operator.figure("worked_total") >= worked + 2)
    time.sleep(5.5)
    assert leasing.data("credentials") == first


def test_a_certificate_is_issued_once_as_a_tls_secret(operator: Operator, leasing: Tenant) -> None:
    leasing.custom(
        "VaultPKISecret",
        "web",
        vaultAuthRef="vault-auth",
        mount="pki-sync",
        role="web",
        commonName="web.example",
        destination={"name": "web", "create": True, "type": "kubernetes.io/tls"},
    )
    eventually(lambda: leasing.condition("VaultPKISecret", "web").get("status") == "True")
    first = leasing.data("web")
    assert b"BEGIN CERTIFICATE" in base64.b64decode(first["tls.crt"])
    leasing.patch(leasing.path("VaultPKISecret", "web"), {"metadata": {"labels": {"team": "one"}}})
    time.sleep(1)
    assert leasing.data("web") == first


def test_a_lease_can_be_renewed_by_another_token_and_ends_with_the_one_it_was_made_with(
    leasing: Tenant,
) -> None:
    """The fact on which the keeping of tokens stands."""
    vault = leasing.vault
    login = {"role_id": leasing.role_id, "secret_id": leasing.secrets[0]}
    first, second = (
        vault.request("POST", "auth/approle/login", login, token="")["auth"]["client_token"] for _ in range(2)
    )
    lease = vault.request("GET", f"rabbitmq-sync/creds/{leasing.namespace}", token=first)["lease_id"]
    vault.request("PUT", "sys/leases/renew", {"lease_id": lease}, token=second)
    vault.request("PUT", "auth/token/revoke-self", {}, token=first)
    eventually(lambda: not _leases(leasing))
