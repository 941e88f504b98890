"""The agent's token: Kubernetes' mount, an annotated volume, one for an audience, or a volume for only the agent."""

import time
from typing import Any

import pytest

from tests.webhook.pods.filing import ACCOUNT, by_name, changed, mounts, names, problems_of, variables
from tests.webhook.pods.specs import container, spec_of

VOLUME = "agent-service-account-token-volume-name"
INJECTORS = "/var/run/secrets/vault.hashicorp.com/serviceaccount"


def projected(**token: Any) -> dict[str, Any]:
    return {"name": "token", "projected": {"sources": [{"serviceAccountToken": token}]}}


def agent(spec: dict[str, Any], annotations: dict[str, str] | None = None, **operator: str) -> dict[str, Any]:
    return by_name(changed(spec, annotations, None, **operator), "vault-agent")


def test_the_token_of_another_container_serves_the_agent_too() -> None:
    found = agent(spec_of(container(), container(name="b", volumeMounts=[ACCOUNT])))
    assert ACCOUNT in found["volumeMounts"]
    assert "VAULT_JWT_FILE" not in variables(found)


def test_a_pod_without_a_token_gets_one_for_its_agent_only() -> None:
    new = changed(spec_of(container(), automountServiceAccountToken=False))
    (volume,) = [each for each in new["volumes"] if "projected" in each]
    assert volume["name"] == "vault-agent-token"
    assert volume["projected"]["sources"][0]["serviceAccountToken"]["path"] == "token"
    assert mounts(by_name(new, "vault-agent"))[ACCOUNT["mountPath"]] == "vault-agent-token"
    assert ACCOUNT["mountPath"] not in mounts(by_name(new, "app"))


def test_an_annotated_volume_is_mounted_at_the_injectors_path() -> None:
    found = agent(
        spec_of(container(), volumes=[projected(path="vault", audience="vault")]), {VOLUME: "token"}
    )
    assert mounts(found)[INJECTORS] == "token"
    assert variables(found)["VAULT_JWT_FILE"] == f"{INJECTORS}/vault"


def test_an_annotated_volume_that_is_mounted_already_is_mounted_alike() -> None:
    mounted = container(volumeMounts=[ACCOUNT, {"name": "token", "mountPath": "/tokens/"}])
    found = agent(spec_of(mounted, volumes=[projected(path="jwt")]), {VOLUME: "token"})
    assert mounts(found)["/tokens/"] == "token"
    assert ACCOUNT["mountPath"] not in mounts(found)
    assert variables(found)["VAULT_JWT_FILE"] == "/tokens/jwt"


def test_an_annotated_path_wins_over_that_of_the_volume() -> None:
    annotations = {VOLUME: "token", "auth-config-token-path": "/other/token"}
    found = agent(spec_of(container(), volumes=[projected(path="jwt")]), annotations)
    assert variables(found)["VAULT_JWT_FILE"] == "/other/token"


TOKEN_FILES = [
    {"auth-config-token-path": f"{ACCOUNT['mountPath']}/token"},
    {"auth-config-token-path": f"{ACCOUNT['mountPath']}/token".lstrip("/")},
    {"auth-type": "jwt", "auth-config-path": f"{ACCOUNT['mountPath']}/token"},
    {"auth-type": "token_file", "auth-config-token-file-path": f"{ACCOUNT['mountPath']}/token"},
]


@pytest.mark.parametrize("annotations", TOKEN_FILES)
def test_a_login_that_names_kubernetes_own_token_has_it(annotations: dict[str, str]) -> None:
    found = agent(spec_of(container(volumeMounts=[ACCOUNT])), annotations)
    assert ACCOUNT in found["volumeMounts"]
    alone = agent(spec_of(container(), automountServiceAccountToken=False), annotations)
    assert mounts(alone)[ACCOUNT["mountPath"]] == "vault-agent-token"


def test_a_login_that_names_a_file_of_the_pod_has_the_volume_with_it() -> None:
    token = {"name": "token", "mountPath": "/var/run/secrets/openbao"}
    spec = spec_of(
        container(volumeMounts=[{"name": "all", "mountPath": "/var"}, token, ACCOUNT]),
        volumes=[projected(path="token", audience="vault")],
    )
    found = agent(spec, {"auth-config-token-path": "/var/run/secrets/openbao/token"})
    assert {**token, "readOnly": True} in found["volumeMounts"]
    assert not {"/var", ACCOUNT["mountPath"]} & mounts(found).keys()


def test_a_volume_of_the_agent_that_has_the_file_is_enough() -> None:
    spec = spec_of(container(volumeMounts=[{"name": "all", "mountPath": "/vault"}]))
    annotations = {"auth-config-token-path": "/vault/custom/token", "agent-extra-secret": "tokens"}
    assert "/vault" not in mounts(agent(spec, annotations))


AUTHORS = {"name": "token", "mountPath": "/var/run/secrets/tokens/serviceaccount"}


def test_a_token_that_the_author_mounts_as_a_serviceaccounts_is_the_agents_as_with_the_injector() -> None:
    volumes = [projected(path="token", audience="vault")]
    for after in ([], [ACCOUNT]):
        new = changed(spec_of(container(volumeMounts=[AUTHORS, *after]), volumes=volumes))
        found = by_name(new, "vault-agent")
        assert variables(found)["VAULT_JWT_FILE"] == f"{AUTHORS['mountPath']}/token"
        assert mounts(found)[AUTHORS["mountPath"]] == "token"
        assert ACCOUNT["mountPath"] not in mounts(found)
        assert "vault-agent-token" not in names(new["volumes"])


NOT_THE_AGENTS = [
    ([ACCOUNT, AUTHORS], [projected(path="token")]),
    ([AUTHORS, ACCOUNT], [{"name": "token", "emptyDir": {}}]),
    ([AUTHORS, ACCOUNT], [projected(path="jwt")]),
    (
        [{"name": "token", "mountPath": "/var/run/secrets/eks.amazonaws.com/serviceaccount"}, ACCOUNT],
        [projected(path="token", audience="sts.amazonaws.com")],
    ),
]


@pytest.mark.parametrize(("mounted", "volumes"), NOT_THE_AGENTS)
def test_other_volumes_are_no_token_of_the_agent(
    mounted: list[dict[str, Any]], volumes: list[dict[str, Any]]
) -> None:
    found = agent(spec_of(container(volumeMounts=mounted), volumes=volumes))
    assert ACCOUNT in found["volumeMounts"]
    assert "VAULT_JWT_FILE" not in variables(found)


@pytest.mark.timed
def test_very_many_mounts_and_volumes_take_no_long_time() -> None:
    mounted = [{**AUTHORS, "mountPath": f"{AUTHORS['mountPath']}{index}"} for index in range(10_000)]
    volumes = [{"name": f"v{index}"} for index in range(10_000)]
    began = time.process_time()
    new = changed(spec_of(container(volumeMounts=mounted), volumes=volumes))
    assert time.process_time() - began < 2
    assert "vault-agent-token" in names(new["volumes"])


def test_an_operators_audience_wins_over_a_token_that_nobody_names() -> None:
    spec = spec_of(container(volumeMounts=[AUTHORS]), volumes=[projected(path="token", audience="x")])
    found = agent(spec, None, VAULT_TOKEN_AUDIENCE="vault")
    assert variables(found)["VAULT_JWT_FILE"] == "/vault-jwt/token"
    assert AUTHORS["mountPath"] not in mounts(found)


def test_a_volume_that_is_copied_too_is_mounted_once() -> None:
    token = {"name": "token", "mountPath": "/tokens"}
    spec = spec_of(container(volumeMounts=[token]), volumes=[projected(path="jwt")])
    found = agent(spec, {VOLUME: "token", "agent-copy-volume-mounts": "app"})
    assert [mount["mountPath"] for mount in found["volumeMounts"]].count("/tokens") == 1


def test_a_volume_that_is_not_there_is_refused() -> None:
    (message,) = problems_of(spec_of(container()), {VOLUME: "token"})
    assert message.endswith("the pod has no volume token; add it")


def test_an_operators_audience_brings_a_volume_with_such_a_token() -> None:
    new = changed(spec_of(container()), None, None, VAULT_TOKEN_AUDIENCE="vault")
    found = by_name(new, "vault-agent")
    assert mounts(found)["/vault-jwt"] == "vault-env-jwt"
    assert variables(found)["VAULT_JWT_FILE"] == "/vault-jwt/token"
    assert "vault-env-jwt" in names(new["volumes"])
    assert "vault-agent-token" not in names(new["volumes"])


def test_other_logins_need_no_token() -> None:
    new = changed(
        spec_of(container(volumeMounts=[ACCOUNT])), {"auth-type": "cert", "auth-config-name": "web"}
    )
    assert ACCOUNT["mountPath"] not in mounts(by_name(new, "vault-agent"))
    assert not [volume for volume in new["volumes"] if "projected" in volume]


def test_the_mounts_of_a_named_container_are_copied_but_its_token() -> None:
    data = {"name": "data", "mountPath": "/data", "subPath": "x", "readOnly": True}
    other = container(name="b", volumeMounts=[ACCOUNT, data, {"name": "mine", "mountPath": "/home/vault"}])
    annotations = {"agent-copy-volume-mounts": "b", "auth-type": "cert"}
    found = agent(spec_of(container(), other), annotations)
    assert data in found["volumeMounts"]
    assert mounts(found)["/home/vault"] == "home-sidecar"
    assert ACCOUNT["mountPath"] not in mounts(found)


def test_a_container_that_is_not_there_is_refused() -> None:
    (message,) = problems_of(spec_of(container()), {"agent-copy-volume-mounts": "b"})
    assert message.endswith("agent-copy-volume-mounts: the pod has no container b")
    mounting = container(name="app", volumeMounts=[{"name": "b", "mountPath": "/b"}])
    (message,) = problems_of(
        spec_of(mounting, volumes=[{"name": "b", "emptyDir": {}}]), {"agent-copy-volume-mounts": "b"}
    )
    assert message.endswith(
        "no container b, but a volume of that name: name the container that mounts it, app"
    )
