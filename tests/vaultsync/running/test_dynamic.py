"""Dynamic secrets on the real API server and Vault."""

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers.cluster import Cluster
from tests.servers.vault import Vault
from tests.vaultsync.running.leases import DYNAMIC, add_dynamic, leases
from tests.vaultsync.running.leases import RULES as LEASE_RULES
from tests.vaultsync.running.operator import NAMESPACE, Operator, Tenant, eventually


def _add(tenant: Tenant, name: str = "credentials", **spec: Any) -> None:
    add_dynamic(tenant, name, **spec)
    eventually(lambda: tenant.condition(DYNAMIC, name).get("status") == "True")


def test_a_new_object_issues_its_credentials_once(operator: Operator, leasing: Tenant) -> None:
    _add(leasing)
    time.sleep(1)
    (lease,) = leases(leasing)
    status = leasing.found(DYNAMIC, "credentials")["status"]
    assert status["secretLease"]["id"].endswith(lease)
    assert sorted(leasing.data("credentials")) == ["_raw", "password", "username"]
    reason, message = eventually(lambda: leasing.events("credentials"))[0]
    assert reason == "SecretSynced"
    assert message.startswith(f'Secret synced, lease_id="{status["secretLease"]["id"]}", horizon=')


def test_a_restart_issues_nothing_anew_and_forgets_no_lease(operator: Operator, leasing: Tenant) -> None:
    _add(leasing)
    before, data = leases(leasing), leasing.data("credentials")
    operator.restart()
    time.sleep(6)  # what is in step is looked at within five seconds
    assert leases(leasing) == before
    assert leasing.data("credentials") == data


def test_no_password_and_no_token_is_in_log_event_status_or_figure(
    operator: Operator, leasing: Tenant
) -> None:
    _add(leasing, "hidden")
    uid = leasing.found(DYNAMIC, "hidden")["metadata"]["uid"]
    token_secret = f"/api/v1/namespaces/{NAMESPACE}/secrets/vault-webhook-sync-token-{uid}"
    (token,) = leasing.cluster.request("GET", token_secret)["data"].values()
    eventually(lambda: leasing.events("hidden"))
    kinds = "events,vaultdynamicsecrets,vaultauths,vaultconnections"
    shown = leasing.cluster.kubectl("get", kinds, "-n", leasing.namespace, "-o", "yaml")
    shown += operator.logs + operator.log.read_text() + operator.get("/metrics")[1]
    password = leasing.data("hidden")["password"]
    for secret in (base64.b64decode(token).decode(), base64.b64decode(password).decode()):
        assert secret not in shown
    assert "secretLease" in shown


@pytest.fixture
def no_status(cluster: Cluster) -> Iterator[Callable[[], None]]:
    """Forbid the operator to write the status of dynamic secrets, until the returned function is called."""
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/vault-webhook-sync"
    role = cluster.request("GET", path)
    without = [
        {**rule, "resources": [each for each in rule["resources"] if each != "vaultdynamicsecrets/status"]}
        for rule in role["rules"]
    ]

    def restore() -> None:
        found = cluster.request("GET", path)
        cluster.request("PUT", path, {**found, "rules": role["rules"]})

    cluster.request("PUT", path, {**role, "rules": without})
    yield restore
    restore()


def test_a_process_that_is_killed_leaves_no_lease_that_no_status_names(
    operator: Operator, leasing: Tenant, request: pytest.FixtureRequest
) -> None:
    _add(leasing, "known")
    (known,), data = leases(leasing), leasing.data("known")
    restore = request.getfixturevalue("no_status")
    add_dynamic(leasing, "lost")
    (lost,) = eventually(lambda: leases(leasing) - {known})
    operator.restart(kill=True)
    restore()
    eventually(lambda: leasing.condition(DYNAMIC, "lost").get("status") == "True")
    eventually(lambda: lost not in leases(leasing))
    assert leasing.data("known") == data
    assert len(leases(leasing)) == 2
    assert known in leases(leasing)


def test_a_label_of_the_object_issues_nothing_anew(operator: Operator, leasing: Tenant) -> None:
    _add(leasing)
    before = leases(leasing)
    leasing.patch(leasing.path(DYNAMIC, "credentials"), {"metadata": {"labels": {"team": "one"}}})
    time.sleep(1.5)
    assert leases(leasing) == before


def test_a_changed_object_gets_new_credentials_and_the_old_lease_is_revoked(
    operator: Operator, leasing: Tenant
) -> None:
    _add(leasing)
    before = leases(leasing)
    change = {"spec": {"destination": {"transformation": {"excludeRaw": True}}}}
    leasing.patch(leasing.path(DYNAMIC, "credentials"), change)
    eventually(lambda: len(leases(leasing)) == 1 and leases(leasing) != before)


def test_a_change_that_is_none_of_the_data_keeps_the_lease(operator: Operator, leasing: Tenant) -> None:
    _add(leasing)
    before, data = leases(leasing), leasing.data("credentials")
    leasing.patch(leasing.path(DYNAMIC, "credentials"), {"spec": {"renewalPercent": 50}})

    def is_seen() -> bool:
        found = leasing.found(DYNAMIC, "credentials")
        return bool(found["status"]["lastGeneration"] == found["metadata"]["generation"])

    eventually(is_seen)
    assert (leases(leasing), leasing.data("credentials")) == (before, data)


def test_a_lease_is_renewed_and_followed_by_another_when_vault_renews_it_no_more(
    operator: Operator, leasing: Tenant
) -> None:
    leasing.vault.write("rabbitmq-sync/config/lease", {"ttl": 6, "max_ttl": 12})
    _add(leasing)
    first = leasing.data("credentials")
    lease_id = leasing.found(DYNAMIC, "credentials")["status"]["secretLease"]["id"]

    def renewals() -> list[str]:
        return [text for reason, text in leasing.events("credentials") if reason == "SecretLeaseRenewal"]

    eventually(lambda: any(f'Renewed lease, lease_id="{lease_id}"' in text for text in renewals()))
    eventually(lambda: leasing.data("credentials") != first)
    eventually(lambda: "SecretRotated" in [reason for reason, _ in leasing.events("credentials")])
    assert any("truncated from 6s to" in text for text in renewals())


def test_credentials_are_issued_anew_before_the_token_ends_that_they_hang_on(
    operator: Operator, leasing: Tenant
) -> None:
    role = {"token_policies": [leasing.role], "token_ttl": "15s", "token_max_ttl": "15s"}
    leasing.vault.write(f"auth/approle/role/{leasing.role}", role)
    _add(leasing)
    first = leases(leasing)
    data = leasing.data("credentials")
    eventually(lambda: leasing.data("credentials") != data, timeout_s=15)
    assert first <= leases(leasing), "the lease before had ended when the new credentials came"


def test_a_deletion_with_revoke_revokes_the_lease_though_its_login_is_deleted_first(
    operator: Operator, leasing: Tenant
) -> None:
    _add(leasing, revoke=True)
    assert leases(leasing)
    for kind, name in (
        ("VaultConnection", "vault-connection"),
        ("VaultAuth", "vault-auth"),
        (DYNAMIC, "credentials"),
    ):
        leasing.cluster.request("DELETE", leasing.path(kind, name))
    paths = [leasing.path("VaultAuth", "vault-auth"), leasing.path(DYNAMIC, "credentials")]
    eventually(lambda: all(leasing.cluster.answer("GET", path).status_code == 404 for path in paths))
    eventually(lambda: not leases(leasing))


def _finalizers(tenant: Tenant, kind: str, name: str) -> list[str]:
    return list(tenant.found(kind, name)["metadata"].get("finalizers") or ())


@pytest.mark.parametrize("is_deleted", [True, False])
def test_nothing_has_a_finalizer_any_more_after_the_last_object_that_revokes(
    operator: Operator, leasing: Tenant, *, is_deleted: bool
) -> None:
    for name in ("first", "last"):
        _add(leasing, name, revoke=True)
    held = [("VaultAuth", "vault-auth"), ("VaultConnection", "vault-connection")]
    leasing.cluster.request("DELETE", leasing.path(DYNAMIC, "first"))
    eventually(lambda: leasing.cluster.answer("GET", leasing.path(DYNAMIC, "first")).status_code == 404)
    assert all(_finalizers(leasing, *each) for each in held)
    if is_deleted:
        leasing.cluster.request("DELETE", leasing.path(DYNAMIC, "last"))
    else:
        leasing.patch(leasing.path(DYNAMIC, "last"), {"spec": {"revoke": False}})
        eventually(lambda: not _finalizers(leasing, DYNAMIC, "last"))
    eventually(lambda: not any(_finalizers(leasing, *each) for each in held))


def test_without_revoke_a_deletion_revokes_nothing(operator: Operator, leasing: Tenant) -> None:
    _add(leasing)
    leasing.cluster.request("DELETE", leasing.path(DYNAMIC, "credentials"))
    time.sleep(1)
    assert leases(leasing)


def test_a_deletion_ends_in_time_though_vault_is_away(operator: Operator, leasing: Tenant) -> None:
    _add(leasing, revoke=True)
    connection = leasing.path("VaultConnection", "vault-connection")
    leasing.patch(connection, {"spec": {"address": "https://127.0.0.1:9"}})
    leasing.cluster.request("DELETE", leasing.path(DYNAMIC, "credentials"))
    path = leasing.path(DYNAMIC, "credentials")
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
    """Tokens are stored because of this fact."""
    vault = leasing.vault
    login = {"role_id": leasing.role_id, "secret_id": leasing.secrets[0]}
    first, second = (
        vault.request("POST", "auth/approle/login", login, token="")["auth"]["client_token"] for _ in range(2)
    )
    lease = vault.request("GET", f"rabbitmq-sync/creds/{leasing.namespace}", token=first)["lease_id"]
    vault.request("PUT", "sys/leases/renew", {"lease_id": lease}, token=second)
    vault.request("PUT", "auth/token/revoke-self", {}, token=first)
    eventually(lambda: not leases(leasing))


def test_kept_tokens_are_encrypted_by_transit_where_the_login_says_so(
    operator: Operator, engine: Vault, new_tenant: Callable[..., Tenant]
) -> None:
    tenant = new_tenant(f'{LEASE_RULES} path "transit-sync/+/kept" {{ capabilities = ["update"] }}')
    engine.write(f"rabbitmq-sync/roles/{tenant.namespace}", {"vhosts": '{"/": {"read": ".*"}}'})
    engine.mount("transit-sync", "transit")
    engine.write("transit-sync/keys/kept", {})
    storage = {"mount": "transit-sync", "keyName": "kept"}
    tenant.patch(tenant.path("VaultAuth", "vault-auth"), {"spec": {"storageEncryption": storage}})
    _add(tenant)
    uid = tenant.found(DYNAMIC, "credentials")["metadata"]["uid"]
    path = f"/api/v1/namespaces/{NAMESPACE}/secrets/vault-webhook-sync-token-{uid}"
    (token_secret,) = tenant.cluster.request("GET", path)["data"].values()
    assert base64.b64decode(token_secret).startswith(b"v1:")


def test_a_deletion_with_revoke_and_clear_revokes_the_certificate_and_empties_its_secret(
    operator: Operator, leasing: Tenant
) -> None:
    leasing.vault.policy(
        leasing.role, f'{LEASE_RULES} path "pki-sync/revoke" {{ capabilities = ["update"] }}'
    )
    kind = "VaultPKISecret"
    destination = {"name": "ended", "create": True}
    pki = {"mount": "pki-sync", "role": "web", "commonName": "ended.example"}
    leasing.custom(
        kind, "ended", vaultAuthRef="vault-auth", destination=destination, revoke=True, clear=True, **pki
    )
    eventually(lambda: leasing.condition(kind, "ended").get("status") == "True")
    serial = leasing.found(kind, "ended")["status"]["serialNumber"]
    leasing.cluster.request("DELETE", leasing.path(kind, "ended"))
    path = leasing.path(kind, "ended")
    eventually(lambda: leasing.cluster.answer("GET", path).status_code == 404)
    assert not leasing.data("ended")
    assert leasing.vault.read(f"pki-sync/cert/{serial}")["revocation_time"] > 0
