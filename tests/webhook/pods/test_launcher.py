"""The added init container and volumes of a pod."""

import pytest

from tests.webhook.pods.specs import config_of, container, mutate, referring, spec_of
from vaultkube.problem import messages


def test_the_init_container_installs_the_launcher_from_its_image() -> None:
    new, _, _ = mutate(spec_of(referring(), initContainers=[container(name="own")]))
    first, second = new["initContainers"]
    assert first["command"] == ["/usr/local/bin/vault-env", "--install", "/vault/vault-env"]
    assert first["image"] == "vault-env:1"
    assert second["name"] == "own"
    assert new["volumes"] == [{"name": "vault-env", "emptyDir": {"medium": "Memory", "sizeLimit": "32Mi"}}]


def test_the_init_container_passes_pod_security_restricted() -> None:
    context = mutate(spec_of(referring()))[0]["initContainers"][0]["securityContext"]
    assert context == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_in_a_pod_that_runs_as_root_the_init_container_does_not() -> None:
    new, _, _ = mutate(spec_of(referring(), securityContext={"runAsUser": 0}))
    assert new["initContainers"][0]["securityContext"]["runAsUser"] == 65534


@pytest.mark.parametrize(
    ("users", "of_pod", "expected"),
    [
        ([1000680000, 1000680000], {}, 1000680000),
        ([1000680000, 1000680001], {}, None),
        ([1000680000, None], {}, None),
        ([None, None], {"runAsUser": 1000680000}, None),
        ([0, 0], {}, None),
        ([0, 0], {"runAsUser": 0}, 65534),
    ],
)
def test_the_init_container_runs_as_the_user_that_openshift_gave_to_all(
    users: list[int | None], of_pod: dict[str, int], expected: int | None
) -> None:
    containers = [
        referring(name=f"c{index}", securityContext={"runAsUser": user} if user is not None else {})
        for index, user in enumerate(users)
    ]
    new, _, _ = mutate(spec_of(*containers, securityContext=of_pod))
    assert new["initContainers"][0]["securityContext"].get("runAsUser") == expected


def test_an_init_container_put_first_by_another_webhook_is_moved_behind_ours() -> None:
    once, _, _ = mutate(spec_of(referring()))
    once["initContainers"] = [container(name="mesh"), referring(name="first"), *once["initContainers"]]
    new, problems, plan = mutate(once)
    assert [each["name"] for each in new["initContainers"]] == ["copy-vault-env", "mesh", "first"]
    assert (problems, messages(plan.problems)) == ((), ())
    assert mutate(new)[0] == new


def test_an_init_container_without_references_may_be_before_ours() -> None:
    once, _, _ = mutate(spec_of(referring()))
    once["initContainers"] = [container(name="mesh"), *once["initContainers"]]
    assert mutate(once)[0] == once


def test_the_ca_of_the_annotation_is_mounted_beside_the_launcher() -> None:
    new, _, _ = mutate(spec_of(referring()), config_of(vault_tls_secret="vault-ca"))
    app = new["containers"][0]
    assert {"name": "vault-env-tls", "mountPath": "/vault-tls", "readOnly": True} in app["volumeMounts"]
    assert {"name": "VAULT_CACERT", "value": "/vault-tls/ca.crt"} in app["env"]
    items = [{"key": "ca.crt", "path": "ca.crt"}]
    assert new["volumes"][1] == {
        "name": "vault-env-tls",
        "secret": {"secretName": "vault-ca", "items": items},
    }


def test_a_token_for_an_audience_has_a_volume_of_its_own() -> None:
    config = config_of(vault_token_audience="https://vault.example.com")
    new, _, plan = mutate(spec_of(referring(), automountServiceAccountToken=False), config)
    app = new["containers"][0]
    assert {"name": "vault-env-jwt", "mountPath": "/vault-jwt", "readOnly": True} in app["volumeMounts"]
    assert {"name": "VAULT_JWT_FILE", "value": "/vault-jwt/token"} in app["env"]
    token = {"audience": "https://vault.example.com", "expirationSeconds": 3600, "path": "token"}
    sources = [{"serviceAccountToken": token}]
    assert new["volumes"][1] == {"name": "vault-env-jwt", "projected": {"sources": sources}}
    assert (messages(plan.problems), messages(plan.warnings)) == ((), ())


def test_a_token_file_of_the_pod_is_named_to_the_launcher() -> None:
    env = mutate(spec_of(referring()), config_of(vault_jwt_file="/tokens/vault"))[0]["containers"][0]["env"]
    assert {"name": "VAULT_JWT_FILE", "value": "/tokens/vault"} in env


def test_a_vault_token_of_the_pod_is_read_instead_of_a_login() -> None:
    spec = spec_of(referring(), volumes=[{"name": "tokens", "emptyDir": {}}])
    new, _, plan = mutate(spec, config_of(token_auth_mount="tokens:vault-token"))
    app = new["containers"][0]
    assert {"name": "tokens", "mountPath": "/vault-token", "readOnly": True} in app["volumeMounts"]
    assert {"name": "VAULT_TOKEN_FILE", "value": "/vault-token/vault-token"} in app["env"]
    assert not messages(plan.problems)


def test_our_volumes_with_the_api_servers_defaults_are_ours() -> None:
    config = config_of(vault_tls_secret="vault-ca", vault_token_audience="vault")
    once, _, _ = mutate(spec_of(referring()), config)
    once["volumes"][1]["secret"]["defaultMode"] = once["volumes"][2]["projected"]["defaultMode"] = 420
    new, _, plan = mutate(once, config)
    assert (new, messages(plan.problems)) == (once, ())
