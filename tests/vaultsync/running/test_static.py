"""Static secrets on the real API server and Vault."""

import base64
import time

from tests.vaultsync.running.operator import Operator, Tenant, eventually


def _text(tenant: Tenant, name: str, key: str = "key1") -> str:
    return base64.b64decode(tenant.data(name).get(key, "")).decode()


def test_a_secret_of_vault_becomes_one_of_kubernetes_as_seed_002_shows(
    operator: Operator, tenant: Tenant
) -> None:
    tenant.vault.put_secret(f"secret/data/{tenant.namespace}/app", key1="value1")
    tenant.static("kv-secret", f"{tenant.namespace}/app", refreshAfter="60s")
    eventually(lambda: _text(tenant, "kv-secret") == "value1")
    assert sorted(tenant.data("kv-secret")) == ["_raw", "key1"]
    eventually(lambda: tenant.condition("VaultStaticSecret", "kv-secret").get("status") == "True")
    eventually(lambda: len(tenant.events("kv-secret")) == 2)
    assert tenant.events("kv-secret") == [
        ("SecretSynced", "Secret synced"),
        ("SecretRotated", "Secret synced"),
    ]
    described = tenant.cluster.kubectl("describe", "vaultauth", "vault-auth", "-n", tenant.namespace)
    assert "Accepted" in described
    assert "Successfully handled VaultAuth resource request" in described


def test_a_change_in_vault_arrives_within_refresh_after(operator: Operator, tenant: Tenant) -> None:
    path = f"{tenant.namespace}/app"
    tenant.vault.put_secret(f"secret/data/{path}", key1="old")
    tenant.static("changing", path, refreshAfter="3s")
    eventually(lambda: _text(tenant, "changing") == "old")
    tenant.vault.put_secret(f"secret/data/{path}", key1="new")
    eventually(lambda: _text(tenant, "changing") == "new", timeout_s=4)


def test_an_edit_by_hand_is_undone_and_the_labels_and_annotations_of_others_stay(
    operator: Operator, tenant: Tenant
) -> None:
    path = f"{tenant.namespace}/app"
    tenant.vault.put_secret(f"secret/data/{path}", key1="value1")
    tenant.static("edited", path, refreshAfter="1h")
    eventually(lambda: _text(tenant, "edited") == "value1")
    secret = f"/api/v1/namespaces/{tenant.namespace}/secrets/edited"
    metadata = {"annotations": {"other": "one"}, "labels": {"other": "one"}, "ownerReferences": []}
    tenant.patch(secret, {"data": {"key1": "eA==", "more": "eA=="}, "metadata": metadata})
    eventually(lambda: _text(tenant, "edited") == "value1")
    eventually(lambda: "more" not in tenant.data("edited"))
    found = tenant.secret("edited")["metadata"]
    assert found["annotations"]["other"] == "one"
    assert found["labels"]["other"] == "one"
    assert [each["name"] for each in found["ownerReferences"]] == ["edited"]


def test_a_deleted_secret_is_created_again(operator: Operator, tenant: Tenant) -> None:
    path = f"{tenant.namespace}/app"
    tenant.vault.put_secret(f"secret/data/{path}", key1="value1")
    tenant.static("deleted", path, refreshAfter="1h")
    eventually(lambda: _text(tenant, "deleted") == "value1")
    tenant.cluster.request("DELETE", f"/api/v1/namespaces/{tenant.namespace}/secrets/deleted")
    eventually(lambda: _text(tenant, "deleted") == "value1")


def test_a_version_deleted_in_vault_leaves_the_secret_and_sets_the_condition(
    operator: Operator, tenant: Tenant
) -> None:
    path = f"{tenant.namespace}/app"
    tenant.vault.put_secret(f"secret/data/{path}", key1="value1")
    tenant.static("kept", path, refreshAfter="2s")
    eventually(lambda: _text(tenant, "kept") == "value1")
    tenant.vault.request("DELETE", f"secret/data/{path}")
    eventually(lambda: tenant.condition("VaultStaticSecret", "kept").get("status") == "False")
    assert _text(tenant, "kept") == "value1"


def test_a_missing_secret_with_create_false_has_a_condition_and_an_event(
    operator: Operator, tenant: Tenant
) -> None:
    path = f"{tenant.namespace}/app"
    tenant.vault.put_secret(f"secret/data/{path}", key1="value1")
    tenant.static("absent", path, destination={"name": "nobodys", "create": False})
    found = eventually(lambda: tenant.condition("VaultStaticSecret", "absent"))
    assert "does not exist" in found["message"]
    eventually(lambda: tenant.events("absent"))


def test_a_secret_of_somebody_else_is_never_overwritten(operator: Operator, tenant: Tenant) -> None:
    path = f"{tenant.namespace}/app"
    tenant.vault.put_secret(f"secret/data/{path}", key1="value1")
    tenant.add("v1", "Secret", "theirs", stringData={"key1": "theirs"})
    tenant.static("theirs", path)
    eventually(lambda: tenant.condition("VaultStaticSecret", "theirs").get("status") == "False")
    assert _text(tenant, "theirs") == "theirs"


def test_a_secret_that_the_api_server_refuses_has_the_field_in_the_condition(
    operator: Operator, tenant: Tenant
) -> None:
    path = f"{tenant.namespace}/app"
    tenant.vault.put_secret(f"secret/data/{path}", key1="value1")
    tenant.static("labelled", path, destination={"name": "labelled", "create": True, "labels": {"a b": "c"}})
    found = eventually(lambda: tenant.condition("VaultStaticSecret", "labelled"))
    assert found["message"].endswith(f"secrets {tenant.namespace}/labelled: see metadata.labels")


def test_nothing_is_written_while_nothing_changes(operator: Operator, tenant: Tenant) -> None:
    path = f"{tenant.namespace}/app"
    tenant.vault.put_secret(f"secret/data/{path}", key1="value1")
    tenant.static("resting", path, refreshAfter="1s")
    eventually(lambda: tenant.condition("VaultStaticSecret", "resting").get("status") == "True")
    object_before = tenant.found("VaultStaticSecret", "resting")["metadata"]["resourceVersion"]
    secret_before = tenant.secret("resting")["metadata"]["resourceVersion"]
    worked = operator.figure("worked_total")
    eventually(lambda: operator.figure("worked_total") >= worked + 3)
    time.sleep(0.2)
    assert tenant.found("VaultStaticSecret", "resting")["metadata"]["resourceVersion"] == object_before
    assert tenant.secret("resting")["metadata"]["resourceVersion"] == secret_before


def test_an_outage_of_vault_sets_the_condition_and_leaves_the_secret(
    operator: Operator, tenant: Tenant
) -> None:
    path = f"{tenant.namespace}/app"
    tenant.vault.put_secret(f"secret/data/{path}", key1="value1")
    tenant.static("outage", path, refreshAfter="1s")
    eventually(lambda: tenant.condition("VaultStaticSecret", "outage").get("status") == "True")
    tenant.vault.seal()
    try:
        eventually(lambda: tenant.condition("VaultStaticSecret", "outage")["status"] == "False")
    finally:
        tenant.vault.unseal()
    assert (
        "the request is retried automatically" in tenant.condition("VaultStaticSecret", "outage")["message"]
    )
    assert _text(tenant, "outage") == "value1"
    eventually(lambda: tenant.condition("VaultStaticSecret", "outage")["status"] == "True")


def test_instant_updates_have_a_condition_and_an_event_about_polling(
    operator: Operator, tenant: Tenant
) -> None:
    path = f"{tenant.namespace}/app"
    tenant.vault.put_secret(f"secret/data/{path}", key1="value1")
    tenant.static("instant", path, refreshAfter="1h", syncConfig={"instantUpdates": True})
    found = eventually(lambda: tenant.condition("VaultStaticSecret", "instant"))
    assert found["status"] == "True"
    assert "this operator has no instantUpdates" in found["message"]
    eventually(lambda: "EventWatcherError" in [reason for reason, _ in tenant.events("instant")])


def test_a_deployment_is_rolled_after_a_change_and_not_after_the_first_sync(
    operator: Operator, tenant: Tenant
) -> None:
    path = f"{tenant.namespace}/app"
    tenant.vault.put_secret(f"secret/data/{path}", key1="old")
    labels = {"app": "rolled"}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "app"}]}}
    deployments = f"/apis/apps/v1/namespaces/{tenant.namespace}/deployments"
    spec = {"selector": {"matchLabels": labels}, "template": pods}
    tenant.cluster.request("POST", deployments, {"metadata": {"name": "rolled"}, "spec": spec})

    def annotations() -> dict[str, str]:
        found = tenant.cluster.request("GET", f"{deployments}/rolled")
        return dict(found["spec"]["template"]["metadata"].get("annotations") or {})

    targets = [{"kind": "Deployment", "name": "rolled"}]
    tenant.static("rolling", path, refreshAfter="2s", rolloutRestartTargets=targets)
    eventually(lambda: tenant.condition("VaultStaticSecret", "rolling").get("status") == "True")
    assert not annotations()
    tenant.vault.put_secret(f"secret/data/{path}", key1="new")
    eventually(lambda: "vso.secrets.hashicorp.com/restartedAt" in annotations())


def test_no_value_and_no_secret_id_is_in_log_event_status_or_figure(
    operator: Operator, tenant: Tenant
) -> None:
    path = f"{tenant.namespace}/app"
    value = "value-that-nobody-may-see"
    tenant.vault.put_secret(f"secret/data/{path}", key1=value)
    broken = {"templates": {"broken": {"text": '{{ fail (index .Secrets "key1") }}'}}}
    destination = {"name": "hidden", "create": True, "transformation": broken}
    tenant.static("hidden", path, destination=destination)
    eventually(lambda: tenant.condition("VaultStaticSecret", "hidden").get("status") == "False")
    eventually(lambda: tenant.events("hidden"))
    kubectl = tenant.cluster.kubectl
    shown = operator.logs + operator.log.read_text() + operator.get("/metrics")[1]
    shown += kubectl("get", "events,vaultstaticsecrets,vaultauths", "-n", tenant.namespace, "-o", "yaml")
    for secret in (value, *tenant.secrets):
        assert secret not in shown
