"""Mounts over the socket, on a real Vault and API server: the files and the refusals for the driver."""

import base64
import json
import time
from typing import Any

import pytest

from tests.vaultcsi.provider import Provider, Surroundings

OBJECTS = """
- objectName: "obj-username"
  secretPath: "secret/data/database/secret"
  secretKey: "username"
- objectName: "obj-password"
  secretPath: "secret/data/database/secret"
  secretKey: "password"
"""


def test_the_interface_and_the_program_have_versions(provider: Provider) -> None:
    answer = provider.driver.version()
    assert answer["version"] == "v1alpha1"
    assert answer["runtime_name"]
    assert answer["runtime_version"]


def test_the_keys_of_a_secret_become_files(provider: Provider, surroundings: Surroundings) -> None:
    answer = provider.driver.mount(surroundings.attributes(OBJECTS))
    assert [(file["path"], file["mode"], file["contents"]) for file in answer["files"]] == [
        ("obj-username", 0o644, b"myusername"),
        ("obj-password", 0o644, b"mypassword"),
    ]
    versions = {each["id"]: each["version"] for each in answer["object_version"]}
    assert set(versions) == {"obj-username", "obj-password"}
    assert all(len(base64.urlsafe_b64decode(version)) == 32 for version in versions.values())


def test_a_path_with_a_slash_too_many_is_read(provider: Provider, surroundings: Surroundings) -> None:
    objects = [{"objectName": "a", "secretPath": "secret//data/database/secret", "secretKey": "username"}]
    assert provider.driver.files(surroundings.attributes(objects)) == {"a": b"myusername"}


def test_an_unknown_role_is_named_with_mount_account_and_remedy(
    provider: Provider, surroundings: Surroundings
) -> None:
    status, message = provider.driver.refusal(surroundings.attributes(OBJECTS, roleName="db"))
    assert status == "PERMISSION_DENIED"
    assert message.startswith(
        'error making mount request: couldn\'t read secret "obj-username": failed to login: Error making'
    )
    assert 'invalid role name "db"' in message
    assert (
        "correct roleName of the SecretProviderClass, or create auth/kubernetes/role/db in Vault" in message
    )
    assert "role 'db', mount kubernetes, ServiceAccount default/db" in message


def test_values_that_are_no_text_become_json(provider: Provider, surroundings: Surroundings) -> None:
    surroundings.vault.write(
        "secret/data/database/kinds",
        {"data": {"list": [1, "<a>"], "number": 1.50, "null": None, "yes": True}},
    )
    objects = [
        {"objectName": name, "secretPath": "secret/data/database/kinds", "secretKey": name}
        for name in ("list", "number", "null", "yes")
    ]
    assert provider.driver.files(surroundings.attributes(objects)) == {
        "list": rb'[1,"\u003ca\u003e"]',
        "number": b"1.5",
        "null": b"null",
        "yes": b"true",
    }


def test_an_object_without_a_key_holds_the_whole_answer(
    provider: Provider, surroundings: Surroundings
) -> None:
    attributes = surroundings.attributes(
        [{"objectName": "all", "secretPath": "/v1/secret/data/database/secret"}]
    )
    first, second = (provider.driver.mount(attributes) for _ in range(2))
    document = json.loads(first["files"][0]["contents"])
    assert document["data"]["data"] == {"username": "myusername", "password": "mypassword"}
    assert first == second


def test_a_version_and_a_mode_are_the_object_s_own(provider: Provider, surroundings: Surroundings) -> None:
    surroundings.vault.put_secret("secret/data/database/versions", k="old")
    surroundings.vault.put_secret("secret/data/database/versions", k="new")
    objects = """
    - {objectName: a/old, secretPath: "secret/data/database/versions?version=1", secretKey: k, filePermission: 0o600}
    - {objectName: a/new, secretPath: "secret/data/database/versions", secretKey: k, filePermission: 0400}
    """
    answer = provider.driver.mount(surroundings.attributes(objects))
    assert [(file["path"], file["mode"], file["contents"]) for file in answer["files"]] == [
        ("a/old", 0o600, b"old"),
        ("a/new", 0o400, b"new"),
    ]


def test_a_key_called_data_in_kv_version_1_is_a_key(provider: Provider, surroundings: Surroundings) -> None:
    surroundings.vault.mount("csi-v1", version="1")
    surroundings.vault.write("csi-v1/app", {"data": {"inner": "x"}, "other": "o"})
    surroundings.role("csi-v1", "csi-v1/*")
    objects = [
        {"objectName": name, "secretPath": "csi-v1/app", "secretKey": name} for name in ("data", "other")
    ]
    files = provider.driver.files(surroundings.attributes(objects, roleName="csi-v1"))
    assert files == {"data": b'{"inner":"x"}', "other": b"o"}


def test_one_path_with_other_arguments_is_another_request(
    provider: Provider, surroundings: Surroundings
) -> None:
    surroundings.role("hashing", "sys/tools/hash")
    objects = [
        {
            "objectName": name,
            "secretPath": "sys/tools/hash",
            "secretKey": "sum",
            "method": "POST",
            "secretArgs": {"input": base64.b64encode(name.encode()).decode()},
        }
        for name in ("one", "two")
    ]
    files = provider.driver.files(surroundings.attributes(objects, roleName="hashing"))
    assert len(files["one"]) == len(files["two"]) == 64
    assert files["one"] != files["two"]


def test_a_path_that_takes_another_method_says_which(provider: Provider, surroundings: Surroundings) -> None:
    surroundings.role("hashed", "sys/tools/hash")
    objects = [{"objectName": "sum", "secretPath": "sys/tools/hash", "secretKey": "sum"}]
    status, message = provider.driver.refusal(surroundings.attributes(objects, roleName="hashed"))
    assert status == "FAILED_PRECONDITION"
    assert message.endswith(
        "Code: 405. Errors: 1 error occurred: * unsupported operation: set method: PUT in the object"
    )


def test_an_answer_without_a_body_is_an_error_with_a_path(
    provider: Provider, surroundings: Surroundings
) -> None:
    surroundings.role("csi-empty", "csi-v1-empty/*")
    surroundings.vault.mount("csi-v1-empty", version="1")
    objects = [
        {"objectName": "e", "secretPath": "csi-v1-empty/a", "method": "POST", "secretArgs": {"a": "b"}}
    ]
    status, message = provider.driver.refusal(surroundings.attributes(objects, roleName="csi-empty"))
    assert status == "FAILED_PRECONDITION"
    assert "csi-v1-empty/a" in message
    assert provider.driver.version()


def test_all_objects_that_cannot_be_read_are_named_at_once(
    provider: Provider, surroundings: Surroundings
) -> None:
    objects = [
        {"objectName": "a", "secretPath": "secret/data/database/missing", "secretKey": "k"},
        {"objectName": "b", "secretPath": "secret/data/database/secret", "secretKey": "Username"},
        {"objectName": "c", "secretPath": "secret/data/elsewhere", "secretKey": "k"},
    ]
    _, message = provider.driver.refusal(surroundings.attributes(objects))
    assert 'couldn\'t read secret "a": path not found: secret/data/database/missing' in message
    assert "key 'Username' does not exist" in message
    assert "it has password, username" in message
    assert "the policies of the role must allow GET of secret/data/elsewhere" in message


def test_a_class_is_refused_with_all_its_problems(provider: Provider, surroundings: Surroundings) -> None:
    objects = """
    - objectName: ../up
      secretPath: secret/data/database/secret
      secretkey: username
    - objectName: b
    """
    attributes = surroundings.attributes(objects, roleName="", vaultAdress="x")
    status, message = provider.driver.refusal(attributes)
    assert status == "INVALID_ARGUMENT"
    for part in ("roleName is missing", "vaultAddress?", "..", "secretKey?", "secretPath is missing"):
        assert part in message


def test_a_token_of_the_driver_is_used_for_the_login(provider: Provider, surroundings: Surroundings) -> None:
    token = surroundings.cluster.service_account_token("default", "db", "vault")
    surroundings.role("audience", "secret/data/database/*", audience="vault")
    attributes = surroundings.attributes(OBJECTS, roleName="audience")
    assert provider.driver.refusal(attributes)[0] == "PERMISSION_DENIED"
    attributes["csi.storage.k8s.io/serviceAccount.tokens"] = json.dumps({"vault": {"token": token}})
    assert provider.driver.files(attributes)["obj-username"] == b"myusername"


def test_a_class_logs_in_with_a_token_for_its_audience(
    provider: Provider, surroundings: Surroundings
) -> None:
    surroundings.role("audience-2", "secret/data/database/*", audience="elsewhere")
    attributes = surroundings.attributes(OBJECTS, roleName="audience-2", audience="elsewhere")
    assert provider.driver.files(attributes)["obj-username"] == b"myusername"


def test_remounts_use_the_login_of_the_pod_and_see_new_values(
    provider: Provider, surroundings: Surroundings
) -> None:
    surroundings.vault.put_secret("secret/data/database/changing", k="1")
    objects = [{"objectName": "k", "secretPath": "secret/data/database/changing", "secretKey": "k"}]
    attributes = surroundings.attributes(objects)
    first = provider.driver.mount(attributes)
    logins = surroundings.logins()
    assert provider.driver.mount(attributes) == first
    surroundings.vault.put_secret("secret/data/database/changing", k="2")
    changed = provider.driver.mount(attributes)
    assert changed["files"][0]["contents"] == b"2"
    assert changed["object_version"] != first["object_version"]
    assert surroundings.logins() == logins


def test_another_pod_logs_in_for_itself(provider: Provider, surroundings: Surroundings) -> None:
    provider.driver.mount(surroundings.attributes(OBJECTS))
    logins = surroundings.logins()
    provider.driver.mount(surroundings.attributes(OBJECTS))
    assert surroundings.logins() == logins + 1


def test_a_forbidden_path_costs_a_remount_no_login(provider: Provider, surroundings: Surroundings) -> None:
    objects = [{"objectName": "c", "secretPath": "secret/data/elsewhere", "secretKey": "k"}]
    attributes = surroundings.attributes(objects)
    provider.driver.refusal(attributes)
    logins = surroundings.logins()
    assert provider.driver.refusal(attributes)[0] == "PERMISSION_DENIED"
    assert surroundings.logins() == logins


def test_a_token_that_vault_has_forgotten_is_replaced(provider: Provider, surroundings: Surroundings) -> None:
    attributes = surroundings.attributes(OBJECTS)
    provider.driver.mount(attributes)
    surroundings.vault.write("sys/leases/revoke-prefix/auth/kubernetes/login", {})
    assert provider.driver.files(attributes)["obj-username"] == b"myusername"


def test_a_pod_that_is_gone_gets_no_token(provider: Provider, surroundings: Surroundings) -> None:
    pod = surroundings.pod()
    surroundings.delete(pod)
    status, message = provider.driver.refusal(surroundings.attributes(OBJECTS, pod))
    assert status == "NOT_FOUND"
    assert "no token of ServiceAccount default/db" in message


def test_no_token_and_no_value_is_in_the_log(provider: Provider, surroundings: Surroundings) -> None:
    provider.driver.mount(surroundings.attributes(OBJECTS))
    log = provider.log.read_text()
    assert '"mounted"' in log
    for secret in ("myusername", "mypassword", "hvs.", "eyJ"):
        assert secret not in log


@pytest.mark.parametrize("attributes", ["", "[]", '{"a": 1}', "{}"])
def test_a_request_with_malformed_attributes_is_refused(provider: Provider, attributes: str) -> None:
    import grpc

    from tests.vaultcsi.driver import MOUNT_REQUEST, MOUNT_RESPONSE

    with pytest.raises(grpc.RpcError) as caught:
        provider.driver._call("Mount", MOUNT_REQUEST, MOUNT_RESPONSE, {"attributes": attributes}, 5)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def events_of(surroundings: Surroundings, pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Wait a while for Events about the pod, and return them."""
    found: list[dict[str, Any]] = []
    for _ in range(100):
        items = surroundings.cluster.request("GET", "/apis/events.k8s.io/v1/namespaces/default/events")[
            "items"
        ]
        found = [item for item in items if item["regarding"].get("uid") == pod["metadata"]["uid"]]
        if found:
            break
        time.sleep(0.05)
    return found


def test_a_pod_whose_files_cannot_be_refreshed_has_an_event(
    provider: Provider, surroundings: Surroundings
) -> None:
    surroundings.vault.put_secret("secret/data/database/vanishing", k="v")
    pod = surroundings.pod()
    objects = [{"objectName": "k", "secretPath": "secret/data/database/vanishing", "secretKey": "k"}]
    attributes = surroundings.attributes(objects, pod)
    provider.driver.mount(attributes)
    surroundings.vault.request("DELETE", "secret/metadata/database/vanishing")
    for _ in range(3):
        provider.driver.refusal(attributes)
    (event,) = events_of(surroundings, pod)
    assert (event["type"], event["reason"]) == ("Warning", "SecretsNotRefreshed")
    assert 'couldn\'t read secret "k": path not found: secret/data/database/vanishing' in event["note"]


def test_a_failed_first_mount_has_no_event_of_the_provider(
    provider: Provider, surroundings: Surroundings
) -> None:
    never, later = surroundings.pod(), surroundings.pod()
    provider.driver.refusal(surroundings.attributes(OBJECTS, never, roleName="none"))
    provider.driver.mount(surroundings.attributes(OBJECTS, later))
    provider.driver.refusal(surroundings.attributes(OBJECTS, later, roleName="none"))
    assert events_of(surroundings, later)
    items = surroundings.cluster.request("GET", "/apis/events.k8s.io/v1/namespaces/default/events")["items"]
    assert never["metadata"]["uid"] not in [item["regarding"].get("uid") for item in items]
