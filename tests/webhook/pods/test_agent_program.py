"""HashiCorp's own program in the agent's containers, with a ConfigMap, as its injector starts it."""

from typing import Any

from tests.webhook.config.hashicorp.annotated import ours
from tests.webhook.pods.filing import (
    ACCOUNT,
    by_name,
    changed,
    mounts,
    names,
    planned,
    problems_of,
    variables,
)
from tests.webhook.pods.specs import container, spec_of
from webhook.pods.agent import is_agent

CONFIG = {"agent-configmap": "agent", "agent-image": "hashicorp/vault:1.21.1"}
SPEC = spec_of(container(volumeMounts=[ACCOUNT]))
MADE = "touch /home/vault/.vault-token && vault agent -config=/vault/configs/"


def agents(
    annotations: dict[str, str], own: dict[str, str] | None = None, **operator: str
) -> list[dict[str, Any]]:
    new = changed(SPEC, {**CONFIG, **annotations}, own, **operator)
    return [by_name(new, "vault-agent-init"), by_name(new, "vault-agent")]


def test_both_containers_run_the_agent_with_their_file_of_the_configmap() -> None:
    for agent, file in zip(agents({}), ("config-init.hcl", "config.hcl"), strict=True):
        assert (agent["image"], agent["command"]) == ("hashicorp/vault:1.21.1", ["/bin/sh", "-ec"])
        assert agent["args"] == [MADE + file]
        assert mounts(agent)["/vault/configs"] == "vault-config"
        assert mounts(agent)[ACCOUNT["mountPath"]] == ACCOUNT["name"]
        assert "imagePullPolicy" not in agent
        assert is_agent(agent)  # type: ignore[arg-type]
    new = changed(SPEC, CONFIG)
    assert {"name": "vault-config", "configMap": {"name": "agent"}} in new["volumes"]
    assert "vault-agent-cache" not in names(new["volumes"])


def test_the_operators_image_serves_where_none_is_annotated() -> None:
    new = changed(SPEC, {"agent-configmap": "agent"}, None, AGENT_INJECT_VAULT_IMAGE="vault:2")
    assert by_name(new, "vault-agent")["image"] == "vault:2"


def test_an_agent_without_an_image_is_refused() -> None:
    (message,) = problems_of(SPEC, {"agent-configmap": "agent"})
    assert "name its image in agent-image, or drop the ConfigMap" in message


def test_the_agent_has_the_injectors_variables_and_none_of_the_launchers() -> None:
    annotations = {
        "go-max-procs": "2",
        "client-timeout": "30s",
        "client-max-retries": "1",
        "log-level": "debug",
        "log-format": "json",
        "proxy-address": "http://proxy",
        "tls-secret": "ca",
        "ca-cert": "/vault/tls/ca.crt",
        "tls-server-name": "vault",
    }
    assert list(variables(agents(annotations)[1]).items()) == [
        ("NAMESPACE", ""),
        ("HOST_IP", ""),
        ("POD_IP", ""),
        ("GOMAXPROCS", "2"),
        ("VAULT_LOG_LEVEL", "debug"),
        ("VAULT_LOG_FORMAT", "json"),
        ("HTTPS_PROXY", "http://proxy"),
        ("VAULT_CLIENT_TIMEOUT", "30s"),
        ("VAULT_MAX_RETRIES", "1"),
        ("VAULT_ADDR", "https://vault.example.com"),
        ("VAULT_CACERT", "/vault/tls/ca.crt"),
        ("VAULT_SKIP_VERIFY", "false"),
        ("VAULT_TLS_SERVER_NAME", "vault"),
    ]


def test_the_agent_has_the_resource_requests_of_the_injector() -> None:
    requests = agents({})[1]["resources"]["requests"]
    assert requests == {"cpu": "250m", "memory": "64Mi"}
    assert agents({"agent-requests-cpu": "10m"})[1]["resources"]["requests"]["cpu"] == "10m"
    assert agents({}, AGENT_INJECT_CPU_REQUEST="20m")[1]["resources"]["requests"]["cpu"] == "20m"


def test_the_agent_is_no_native_sidecar_and_has_no_probes_of_ours() -> None:
    own = ours(vault_agent_sidecar="native", vault_agent_probes="readiness,liveness")
    new = changed({**SPEC, "restartPolicy": "Never"}, CONFIG, own)
    assert names(new["containers"]) == ["app", "vault-agent"]
    assert not {"readinessProbe", "livenessProbe", "restartPolicy"} & by_name(new, "vault-agent").keys()


def test_the_agent_revokes_its_token_by_a_shell() -> None:
    init, agent = agents({"agent-revoke-on-shutdown": "true", "agent-revoke-grace": "7"})
    command = ["/bin/sh", "-c", "/bin/sleep 7 && /bin/vault token revoke -self"]
    assert agent["lifecycle"] == {"preStop": {"exec": {"command": command}}}
    assert "lifecycle" not in init


def test_annotations_beside_the_configmap_are_warnings_and_its_paths_are_unknown() -> None:
    plan = planned(SPEC, {**CONFIG, "agent-inject-token": "true"})
    ignored = {str(each.path[-1]).partition("/")[2] for each in plan.whole.warnings}
    assert ignored == {"agent-inject-secret-db", "agent-inject-token"}
    assert [each.path for each in plan.requested_paths("")] == [None]


def test_the_agent_may_log_in_by_methods_that_vault_env_does_not_have() -> None:
    assert problems_of(SPEC, {**CONFIG, "auth-type": "oci"}) == ()


def test_a_cache_of_the_configmap_has_its_volume() -> None:
    cache = {"agent-cache-enable": "true"}
    for agent in agents(cache):
        assert mounts(agent)["/vault/agent-cache"] == "vault-agent-cache"
    assert not planned(SPEC, {**CONFIG, **cache, "agent-inject-secret-db": ""}).whole.warnings
    (alone,) = [
        each
        for each in changed(SPEC, {**CONFIG, **cache, "agent-pre-populate": "false"})["containers"]
        if each["name"] == "vault-agent"
    ]
    assert "/vault/agent-cache" not in mounts(alone)
