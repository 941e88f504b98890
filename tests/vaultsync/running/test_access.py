"""Logins on the real API server and Vault: shared ones, wrong ones, and those of other namespaces."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers.aws import KEY_ID, SECRET, Cloud
from tests.servers.serving import serving
from tests.servers.vault import Vault
from tests.vaultsync.running.operator import Operator, Tenant, eventually

SHORT = "short"
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no VaultConnection": (
        {"vaultConnectionRef": "nowhere"},
        "VaultConnection NAMESPACE/nowhere does not exist",
    ),
    "no VaultAuthGlobal": (
        {"vaultAuthGlobalRef": {"name": "nowhere"}},
        "VaultAuthGlobal NAMESPACE/nowhere does not exist",
    ),
    "no Secret": (
        {"appRole": {"roleId": "ROLE", "secretRef": "nowhere"}},
        "Secret NAMESPACE/nowhere does not exist",
    ),
    "no key in the Secret": (
        {"appRole": {"roleId": "ROLE", "secretRef": "vault-ca"}},
        "Secret NAMESPACE/vault-ca has no key 'id'",
    ),
    "no such role": ({"appRole": {"roleId": "nobody", "secretRef": "k8s-vault-op"}}, "failed to login"),
    "no such mount": ({"mount": "nowhere"}, "failed to login"),
    "no ServiceAccount": (
        {"method": "kubernetes", "kubernetes": {"role": "app", "serviceAccount": "nobody"}},
        "ServiceAccount NAMESPACE/nobody does not exist",
    ),
    "the operator's node": (
        {"method": "aws", "aws": {"role": "app", "region": "r"}},
        "set aws.secretRef or aws.irsaServiceAccount",
    ),
}
UNREACHED: dict[str, tuple[dict[str, Any], str]] = {
    "no CA": ({"caCertSecretRef": "nowhere"}, "Secret NAMESPACE/nowhere does not exist"),
    "no PEM": (
        {"caCertSecretRef": "no-ca"},
        "the CA of the VaultConnection holds no certificate in PEM form",
    ),
    "no Vault": ({"address": "https://127.0.0.1:9"}, "check the address and CA of the VaultConnection"),
    "no TLS": ({"address": "http://HOST"}, "write https:// in the address"),
}
OF_THE_OBJECT = ("no VaultConnection", "no VaultAuthGlobal", "the operator's node")


def _wait_for_condition(tenant: Tenant, kind: str, name: str, words: str) -> None:
    """Wait until condition and event of an object have these words."""
    eventually(lambda: words in tenant.condition(kind, name).get("message", ""))
    assert tenant.condition(kind, name)["status"] == "False"
    eventually(lambda: any(words in message for _, message in tenant.events(name)))


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_login_has_a_condition_and_an_event(operator: Operator, tenant: Tenant, fault: str) -> None:
    changes, words = WRONG[fault]
    words = words.replace("NAMESPACE", tenant.namespace)
    right = tenant.found("VaultAuth", "vault-auth")["spec"]
    tenant.custom("VaultAuth", "wrong", **{**right, **changes})
    tenant.vault.put_secret(f"secret/data/{tenant.namespace}/app", key1="value1")
    tenant.static("app", f"{tenant.namespace}/app", vaultAuthRef="wrong")
    _wait_for_condition(tenant, "VaultStaticSecret", "app", words)
    if fault in OF_THE_OBJECT:
        _wait_for_condition(tenant, "VaultAuth", "wrong", words)
    assert not tenant.secret("app")
    shown = tenant.cluster.kubectl("get", "events,vaultstaticsecrets", "-n", tenant.namespace, "-o", "yaml")
    assert tenant.secrets[0] not in shown


@pytest.mark.parametrize("fault", UNREACHED)
def test_a_connection_by_which_no_vault_is_reached_says_so(
    operator: Operator, tenant: Tenant, fault: str
) -> None:
    changes, words = UNREACHED[fault]
    right = tenant.found("VaultConnection", "vault-connection")["spec"]
    host = tenant.vault.address.removeprefix("https://")
    wrong = {name: text.replace("HOST", host) for name, text in changes.items()}
    tenant.add("v1", "Secret", "no-ca", stringData={"ca.crt": "none"})
    tenant.custom("VaultConnection", "wrong", **{**right, **wrong})
    _wait_for_condition(tenant, "VaultConnection", "wrong", words.replace("NAMESPACE", tenant.namespace))
    assert tenant.found("VaultConnection", "wrong")["status"]["valid"] is False
    tenant.patch(tenant.path("VaultConnection", "wrong"), {"spec": right})
    eventually(lambda: tenant.condition("VaultConnection", "wrong")["status"] == "True")


def test_an_object_is_synced_once_its_login_is_corrected(operator: Operator, tenant: Tenant) -> None:
    right = tenant.found("VaultAuth", "vault-auth")["spec"]
    tenant.custom("VaultAuth", "wrong", **{**right, "vaultConnectionRef": "nowhere"})
    tenant.vault.put_secret(f"secret/data/{tenant.namespace}/app", key1="value1")
    tenant.static("app", f"{tenant.namespace}/app", vaultAuthRef="wrong")
    _wait_for_condition(tenant, "VaultStaticSecret", "app", "does not exist")
    tenant.patch(tenant.path("VaultAuth", "wrong"), {"spec": {"vaultConnectionRef": "vault-connection"}})
    eventually(lambda: tenant.data("app").get("key1"), timeout_s=10)
    assert tenant.condition("VaultAuth", "wrong")["status"] == "True"


def test_a_login_that_vault_has_forgotten_is_made_anew_without_a_word(
    operator: Operator, tenant: Tenant
) -> None:
    uses = {"token_policies": [tenant.role], "token_ttl": "1h", "token_num_uses": 2}
    tenant.vault.write(f"auth/approle/role/{tenant.role}", uses)
    tenant.vault.put_secret(f"secret/data/{tenant.namespace}/app", key1="value1")
    tenant.static("used", f"{tenant.namespace}/app", refreshAfter="1s")
    eventually(lambda: tenant.condition("VaultStaticSecret", "used").get("status") == "True")
    logins = operator.figure("logins_total")
    eventually(lambda: operator.figure("logins_total") >= logins + 2)
    assert {reason for reason, _ in tenant.events("used")} == {"SecretSynced", "SecretRotated"}


@pytest.fixture
def two(new_tenant: Callable[..., Tenant]) -> tuple[Tenant, Tenant]:
    """Two tenants; the first has a secret."""
    first, second = new_tenant(), new_tenant()
    first.vault.put_secret(f"secret/data/{first.namespace}/app", key1="theirs")
    return first, second


def test_a_login_of_another_namespace_is_refused_by_condition_and_event(
    operator: Operator, two: tuple[Tenant, Tenant]
) -> None:
    first, second = two
    login = f"{first.namespace}/vault-auth"
    second.static("stolen", f"{first.namespace}/app", vaultAuthRef=login)
    refusal = f"VaultAuth {login} is not for namespace {second.namespace}"
    _wait_for_condition(second, "VaultStaticSecret", "stolen", refusal)
    assert not second.secret("stolen")


def test_logins_share_the_fields_of_a_global(operator: Operator, tenant: Tenant) -> None:
    tenant.custom("VaultAuthGlobal", "shared", **_shared(tenant, "k8s-vault-op"))
    tenant.custom("VaultAuth", SHORT, vaultAuthGlobalRef={"name": "shared"})
    tenant.vault.put_secret(f"secret/data/{tenant.namespace}/app", key1="value1")
    tenant.static("app", f"{tenant.namespace}/app", vaultAuthRef=SHORT)
    eventually(lambda: tenant.data("app").get("key1"))
    eventually(lambda: tenant.condition("VaultAuth", SHORT).get("status") == "True")


def test_a_global_is_for_other_namespaces_only_when_it_allows_them(
    operator: Operator, two: tuple[Tenant, Tenant]
) -> None:
    first, second = two
    first.custom("VaultAuthGlobal", "shared", **_shared(first, "of-first"))
    second.add("v1", "Secret", "of-first", stringData={"id": first.secrets[0]})
    reference = {"name": "shared", "namespace": first.namespace}
    second.custom("VaultAuth", SHORT, vaultAuthGlobalRef=reference)
    second.static("app", f"{first.namespace}/app", vaultAuthRef=SHORT)
    refusal = f"VaultAuthGlobal {first.namespace}/shared is not for namespace {second.namespace}"
    _wait_for_condition(second, "VaultStaticSecret", "app", refusal)
    _wait_for_condition(second, "VaultAuth", SHORT, refusal)
    assert not second.secret("app")
    allowed = {"spec": {"allowedNamespaces": [second.namespace]}}
    first.patch(first.path("VaultAuthGlobal", "shared"), allowed)
    eventually(lambda: second.data("app").get("key1"), timeout_s=10)
    assert second.condition("VaultAuth", SHORT)["status"] == "True"


def _shared(tenant: Tenant, secret: str) -> dict[str, Any]:
    return {
        "defaultAuthMethod": "appRole",
        "defaultMount": "approle",
        "vaultConnectionRef": "vault-connection",
        "appRole": {"roleId": tenant.role_id, "secretRef": secret},
    }


@pytest.fixture(scope="module")
def cloud(approle_vault: Vault) -> Iterator[Cloud]:
    """AWS's token service, which Vault's method at `aws-sync` trusts."""
    with serving(Cloud()) as cloud:
        approle_vault.write("sys/auth/aws-sync", {"type": "aws"})
        client = {"sts_endpoint": cloud.address, "sts_region": "eu-west-1"}
        approle_vault.write("auth/aws-sync/config/client", client)
        yield cloud
        approle_vault.request("DELETE", "sys/auth/aws-sync")


def test_keys_of_aws_log_in_and_wrong_ones_are_reported(
    operator: Operator, tenant: Tenant, cloud: Cloud
) -> None:
    arn = "arn:aws:iam::123456789012:role/app"
    role: dict[str, object] = {
        "auth_type": "iam",
        "token_policies": tenant.role,
        "bound_iam_principal_arn": arn,
    }
    tenant.vault.write("auth/aws-sync/role/app", {**role, "resolve_aws_unique_ids": False})
    for name, secret in (("right", SECRET), ("wrong", "wrong-key")):
        tenant.add("v1", "Secret", name, stringData={"access_key_id": KEY_ID, "secret_access_key": secret})
        login = {"role": "app", "region": "eu-west-1", "stsEndpoint": cloud.address, "secretRef": name}
        reference = {"vaultConnectionRef": "vault-connection", "mount": "aws-sync"}
        tenant.custom("VaultAuth", name, method="aws", aws=login, **reference)
        tenant.static(f"as-{name}", f"{tenant.namespace}/app", vaultAuthRef=name)
    tenant.vault.put_secret(f"secret/data/{tenant.namespace}/app", key1="value1")
    eventually(lambda: tenant.data("as-right").get("key1"))
    _wait_for_condition(tenant, "VaultStaticSecret", "as-wrong", "failed to login")
    assert "wrong-key" not in operator.log.read_text()
