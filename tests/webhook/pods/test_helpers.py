"""Bank-Vaults' helpers in a pod: vault-agent and consul-template, with that webhook's names, mounts and variables."""

import copy
import json
import time
from typing import Any

import pytest

from tests.webhook.pods.filing import ACCOUNT, by_name, mounts, names, variables
from tests.webhook.pods.specs import OPERATOR, container, referring, spec_of
from vaultenv.agent_document import parse_agent
from vaultkube.problem import messages
from webhook.config.annotation_keys import PREFIX
from webhook.config.annotations import read_defaults
from webhook.config.delivery import Delivery
from webhook.config.settings import read_settings
from webhook.pods.facts import Facts
from webhook.pods.families import PodPlan, configure_pod, launcher_of_added, plan_families
from webhook.pods.helpers import with_helpers
from webhook.pods.pod import mutate_pod_spec

AGENT = {"vault-agent": "true"}
SIDECAR = {"vault-agent-configmap": "agent", "vault-image": "vault:2"}
TEMPLATE = {"vault-ct-configmap": "templates", "vault-ct-image": "ct:2"}
POD = spec_of(referring(volumeMounts=[ACCOUNT]), initContainers=[container(name="setup")])


def planned(spec: dict[str, Any], own: dict[str, str], **operator: str) -> PodPlan:
    environ = {**OPERATOR, **operator}
    annotations = {key if "/" in key else PREFIX + key: text for key, text in own.items()}
    configured = configure_pod(annotations, read_defaults(environ), read_settings(environ))
    before = copy.deepcopy(spec)
    plan = plan_families(spec, configured, {})  # type: ignore[arg-type]
    assert spec == before, "the object that was sent must not change"
    whole = plan.whole
    return plan._replace(
        whole=whole._replace(
            problems=(*configured.problems, *whole.problems),
            warnings=(*configured.warnings, *whole.warnings),
        )
    )


def changed(spec: dict[str, Any], own: dict[str, str], **operator: str) -> dict[str, Any]:
    plan = planned(spec, own, **operator)
    assert messages(plan.whole.problems) == ()
    new, problems = mutate_pod_spec(plan.spec, plan.parts, Facts({}, {}, Delivery.INIT))
    assert problems == ()
    return dict(with_helpers(new, plan.helpers) if plan.helpers else new)


def problems_of(spec: dict[str, Any], own: dict[str, str]) -> tuple[str, ...]:
    return messages(planned(spec, own).whole.problems)


def volumes(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {volume["name"]: volume for volume in spec["volumes"]}


def test_one_login_writes_the_token_that_containers_with_references_read() -> None:
    new = changed(POD, AGENT)
    assert names(new["initContainers"]) == ["vault-agent", "copy-vault-env", "setup"]
    agent = by_name(new, "vault-agent")
    assert (agent["image"], agent["command"]) == ("vault-env:1", ["/usr/local/bin/vault-env", "--agent-init"])
    settings = parse_agent(variables(agent)["VAULT_ENV_AGENT"])
    assert (settings.home, settings.token_mode, settings.files) == ("/vault", 0o644, ())
    assert "VAULT_TOKEN_FILE" not in variables(agent)
    assert agent["volumeMounts"][0] == {"name": "vault-env", "mountPath": "/vault"}
    assert mounts(agent)[ACCOUNT["mountPath"]] == ACCOUNT["name"]
    assert agent["securityContext"]["runAsNonRoot"] is True
    assert agent["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert variables(by_name(new, "app"))["VAULT_TOKEN_FILE"] == "/vault/.vault-token"
    assert "emptyDir" in volumes(new)["vault-env"]
    assert "shareProcessNamespace" not in new


def test_the_operator_can_have_it_for_all_pods_and_a_pod_without_references_stays_as_it_is() -> None:
    assert names(changed(POD, {}, VAULT_AGENT="true")["initContainers"])[0] == "vault-agent"
    plan = planned(spec_of(container()), {}, VAULT_AGENT="true")
    assert not plan.is_needed
    assert plan.whole.warnings == ()


@pytest.mark.timed
def test_files_in_many_containers_take_no_long_time() -> None:
    began = time.process_time()
    new = changed(spec_of(*({"name": f"c{index}"} for index in range(20_000))), SIDECAR)
    assert time.process_time() - began < 2
    assert mounts(new["containers"][-1])["/vault/secrets"] == "agent-secrets"


LATE = container(envFrom=[{"configMapRef": {"name": "late", "optional": True}}])


def test_what_may_get_references_later_waits_for_no_login_and_logs_in_itself_then() -> None:
    new = changed(spec_of(LATE), {}, VAULT_AGENT="true")
    assert names(new["initContainers"]) == ["copy-vault-env"]
    assert "VAULT_TOKEN_FILE" not in variables(new["containers"][0])
    assert changed(new, {}, VAULT_AGENT="true") == new


@pytest.mark.parametrize("delivery", [Delivery.INIT, Delivery.IMAGE])
def test_a_container_that_is_added_with_references_brings_the_login_if_its_token_has_a_place(
    delivery: Delivery,
) -> None:
    before = planned(spec_of(LATE), AGENT)
    once = mutate_pod_spec(before.spec, before.parts, Facts(delivery=delivery))[0]
    new = changed({**once, "containers": [*once["containers"], referring(name="added")]}, AGENT)
    has_agent = "vault-agent" in names(new["initContainers"])
    has_token = ["VAULT_TOKEN_FILE" in variables(each) for each in new["containers"]]
    assert (has_agent, has_token) == (
        (True, [True] * 2) if delivery is Delivery.INIT else (False, [False] * 2)
    )


def test_an_agent_without_a_mounted_token_gets_one_of_its_own() -> None:
    new = changed(spec_of(referring(), automountServiceAccountToken=False), AGENT)
    assert mounts(by_name(new, "vault-agent"))[ACCOUNT["mountPath"]] == "vault-agent-token"
    assert "projected" in volumes(new)["vault-agent-token"]


def test_a_token_at_another_path_is_read_there() -> None:
    path = "/var/run/secrets/vault"
    spec = spec_of(referring(volumeMounts=[{"name": "own", "mountPath": path}]))
    agent = by_name(changed(spec, {**AGENT, "service-account-token-volume-name": path}), "vault-agent")
    assert mounts(agent)[path] == "own"
    assert variables(agent)["VAULT_JWT_FILE"] == f"{path}/token"


def test_the_files_of_a_login_are_the_agents_too() -> None:
    new = changed(POD, {**AGENT, "vault-tls-secret": "ca", "vault-token-audience": "vault"})
    agent = by_name(new, "vault-agent")
    assert variables(agent)["VAULT_CACERT"] == "/vault-tls/ca.crt"
    assert {"/vault-tls", "/vault-jwt"} <= mounts(agent).keys()
    assert ACCOUNT["mountPath"] not in mounts(agent)


def test_a_token_of_the_pods_own_wins() -> None:
    spec = {**POD, "volumes": [{"name": "tokens", "emptyDir": {}}]}
    plan = planned(spec, {**AGENT, "token-auth-mount": "tokens:token"})
    assert plan.helpers is None
    assert "vault-agent has no effect" in " ".join(messages(plan.whole.warnings))


def test_variables_of_the_agent_are_read_as_by_gos_json_decoder() -> None:
    entries = [
        {"NAME": "A", "Value": None},
        {"name": "B", "VALUEFROM": {"SecretKeyRef": {"Name": "s", "KEY": "k", "Optional": None}}},
        {"name": "C", "value": None, "valueFrom": {"fieldref": {"fieldpath": "status.hostIP"}}},
    ]
    own = {**SIDECAR, "vault-agent-env-variables": json.dumps(entries)}
    agent = by_name(changed(spec_of(container(volumeMounts=[ACCOUNT])), own), "vault-agent")
    assert agent["env"][-3:] == [
        {"name": "A"},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
    ]


def test_hashicorps_agent_writes_files_beside_the_program() -> None:
    own = {**SIDECAR, "vault-agent-env-variables": json.dumps([{"Name": "A", "Value": "b"}])}
    new = changed(spec_of(container(volumeMounts=[ACCOUNT])), own)
    assert names(new["containers"]) == ["vault-agent", "app"]
    agent = by_name(new, "vault-agent")
    assert (agent["image"], agent["args"]) == ("vault:2", ["agent", "-config", "/vault/config/config.hcl"])
    assert "command" not in agent
    assert variables(agent) == {
        "VAULT_ADDR": "https://vault.example.com",
        "VAULT_SKIP_VERIFY": "false",
        "SKIP_CHOWN": "true",
        "SKIP_SETCAP": "true",
        "A": "b",
    }
    assert mounts(agent) == {
        "/vault": "vault-env",
        ACCOUNT["mountPath"]: ACCOUNT["name"],
        "/vault/secrets": "agent-secrets",
        "/vault/config/config.hcl": "agent-configmap",
    }
    assert agent["resources"] == {
        "limits": {"cpu": "100m", "memory": "128Mi"},
        "requests": {"cpu": "100m", "memory": "128Mi"},
    }
    assert mounts(by_name(new, "app"))["/vault/secrets"] == "agent-secrets"
    assert volumes(new)["agent-configmap"]["configMap"]["name"] == "agent"
    assert new["shareProcessNamespace"] is True
    assert "initContainers" not in new
    assert agent["securityContext"]["runAsUser"] == 100


def test_annotations_set_resources_end_and_place_of_the_agent() -> None:
    own = {
        "vault-agent-cpu": "1",
        "vault-agent-cpu-limit": "2",
        "vault-agent-memory-limit": "1Gi",
        "vault-agent-once": "true",
        "vault-configfile-path": "/etc/app",
        "vault-agent-share-process-namespace": "false",
    }
    new = changed(POD, {**SIDECAR, **own})
    agent = by_name(new, "vault-agent")
    assert agent["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}
    assert agent["args"][-1] == "-exit-after-auth"
    assert mounts(by_name(new, "app"))["/etc/app"] == "agent-secrets"
    assert "/etc/app" not in mounts(by_name(new, "setup"))
    assert "shareProcessNamespace" not in new


@pytest.mark.parametrize(
    ("own", "cpu"),
    [
        ({"vault-agent-cpu": "50m"}, ("50m", "50m")),
        ({"vault-agent-cpu-limit": "10m"}, ("10m", "10m")),
        ({"vault-agent-cpu-request": "1"}, ("1", "1")),
        ({"vault-agent-cpu-request": "5m", "vault-agent-cpu-limit": "1"}, ("5m", "1")),
    ],
)
def test_no_request_of_the_agent_is_above_its_limit(own: dict[str, str], cpu: tuple[str, str]) -> None:
    resources = by_name(changed(POD, {**SIDECAR, **own}), "vault-agent")["resources"]
    assert (resources["requests"]["cpu"], resources["limits"]["cpu"]) == cpu


def test_the_configmap_is_the_configuration_of_the_agent_that_logs_in() -> None:
    new = changed(POD, {**AGENT, **SIDECAR})
    assert names(new["containers"]) == ["app"]
    agent = by_name(new, "vault-agent")
    assert agent["command"] == ["vault", "agent", "-config=/vault/agent/config.hcl", "-exit-after-auth"]
    assert mounts(agent)["/vault/agent"] == "vault-agent-config"
    assert volumes(new)["vault-agent-config"]["configMap"] == {"name": "agent"}
    assert variables(by_name(new, "app"))["VAULT_TOKEN_FILE"] == "/vault/.vault-token"


def test_consul_template_runs_beside_the_program_with_the_token_in_its_home() -> None:
    new = changed(spec_of(container(volumeMounts=[ACCOUNT])), TEMPLATE)
    assert names(new["initContainers"]) == ["vault-agent"]
    assert names(new["containers"]) == ["consul-template", "app"]
    helper = by_name(new, "consul-template")
    assert (helper["image"], helper["args"]) == ("ct:2", ["-config", "/vault/ct-config/config.hcl"])
    assert mounts(helper) == {
        "/vault": "vault-env",
        "/vault/secrets": "ct-secrets",
        "/home/consul-template": "vault-env",
        "/vault/ct-config/config.hcl": "ct-configmap",
    }
    assert helper["resources"] == {"limits": {"cpu": "100m", "memory": "128Mi"}}
    assert mounts(by_name(new, "app"))["/vault/secrets"] == "ct-secrets"
    assert "env" not in by_name(new, "app")


def test_consul_template_with_once_runs_first_and_shares_its_files() -> None:
    own = {**TEMPLATE, "vault-ct-once": "true"}
    new = changed(POD, own)
    assert names(new["initContainers"]) == ["vault-agent", "copy-vault-env", "consul-template", "setup"]
    assert by_name(new, "consul-template")["args"][-1] == "-once"
    assert "/vault/secrets" not in mounts(by_name(new, "setup"))
    every = changed(POD, {**own, "vault-ct-inject-in-initcontainers": "true"})
    assert mounts(by_name(every, "setup"))["/vault/secrets"] == "ct-secrets"


def test_consul_template_gets_the_path_of_the_pods_own_token() -> None:
    spec = {**POD, "volumes": [{"name": "tokens", "emptyDir": {}}]}
    new = changed(spec, {**TEMPLATE, "token-auth-mount": "tokens:token"})
    helper = by_name(new, "consul-template")
    assert helper["args"][-1] == "-vault-agent-token-file=/vault-token/token"
    assert mounts(helper)["/vault-token"] == "tokens"
    assert names(new["initContainers"]) == ["copy-vault-env", "setup"]


@pytest.mark.parametrize("own", [SIDECAR, TEMPLATE])
def test_a_helper_is_a_native_sidecar_in_a_pod_that_ends(own: dict[str, str]) -> None:
    new = changed({**POD, "restartPolicy": "Never"}, own)
    assert names(new["containers"]) == ["app"]
    (native,) = [each for each in new["initContainers"] if each.get("restartPolicy") == "Always"]
    assert native["name"] in ("vault-agent", "consul-template")


def test_root_has_the_capabilities_that_the_images_entry_point_needs() -> None:
    agent = by_name(changed(POD, {**SIDECAR, "run-as-non-root": "false"}), "vault-agent")
    assert {"SETUID", "SETGID", "IPC_LOCK", "SYS_PTRACE"} <= set(
        agent["securityContext"]["capabilities"]["add"]
    )
    assert "SKIP_SETCAP" not in variables(agent)


def test_the_pods_user_is_the_helpers() -> None:
    agent = by_name(changed({**POD, "securityContext": {"runAsUser": 7}}, SIDECAR), "vault-agent")
    assert "runAsUser" not in agent["securityContext"]


@pytest.mark.parametrize(
    "own", [AGENT, SIDECAR, TEMPLATE, {**TEMPLATE, "vault-ct-once": "true"}, {**AGENT, **SIDECAR}]
)
@pytest.mark.parametrize("more", [{}, {"vault-env-from-path": "secret/data/app"}])
def test_a_second_run_changes_nothing(own: dict[str, str], more: dict[str, str]) -> None:
    new = changed(POD, {**own, **more})
    assert changed(new, {**own, **more}) == new


def test_a_container_that_is_added_by_debug_reads_the_token_only_where_there_is_one() -> None:
    annotations = {PREFIX + "vault-agent": "true"}
    configured = configure_pod(annotations, read_defaults(OPERATOR), read_settings(OPERATOR))
    assert launcher_of_added(changed(POD, AGENT), configured).config.use_agent  # type: ignore[arg-type]
    assert not launcher_of_added(POD, configured).config.use_agent  # type: ignore[arg-type]


def test_paths_of_a_configmap_are_unknown_to_the_path_policy() -> None:
    requested = list(planned(spec_of(container()), TEMPLATE).requested_paths(""))
    assert [(each.path, each.where) for each in requested] == [(None, "annotation vault-ct-configmap")]


@pytest.mark.parametrize(
    ("spec", "own", "words"),
    [
        (spec_of(container(name="vault-agent")), SIDECAR, "container vault-agent has the name"),
        ({**POD, "volumes": [{"name": "ct-secrets", "configMap": {"name": "x"}}]}, TEMPLATE, "volume ct-secrets"),
        (spec_of(container(volumeMounts=[{"name": "v", "mountPath": "/vault/secrets/"}])), TEMPLATE, "volume v at"),
        (spec_of(container(), volumes=[{"name": "vault-env", "configMap": {"name": "x"}}]), SIDECAR, "volume vault-env of"),
        (spec_of(container()), {**SIDECAR, "token-auth-mount": "none:token"}, "the pod has no volume none"),
        (spec_of(container()), {**SIDECAR, "vault-token-audience": "a", "vault-jwt-file": "/b"}, "set one of them"),
        (POD, {**SIDECAR, **TEMPLATE}, 'vault-agent: "true"'),
        (POD, {**SIDECAR, "vault-image": ""}, "vault-image names no image"),
        (POD, {**AGENT, "vault.hashicorp.com/agent-inject": "true", "vault.hashicorp.com/agent-inject-secret-a": "a/b"}, "drop one of the two"),
    ],
)  # fmt: skip
def test_a_contradiction_between_pod_and_helpers_is_refused(
    spec: dict[str, Any], own: dict[str, str], words: str
) -> None:
    assert words in " ".join(problems_of(spec, own))


def test_the_operators_agent_is_none_of_a_pod_with_hashicorps_annotations() -> None:
    own = {
        "vault.hashicorp.com/agent-inject": "true",
        "vault.hashicorp.com/agent-inject-secret-a": "secret/data/a",
    }
    agent = container(name="vault-agent", command=["/bin/sh", "-ec"], args=["vault agent"])
    served = {**own, "vault.hashicorp.com/agent-inject-status": "injected"}
    for spec, annotations in ((POD, own), ({**POD, "containers": [*POD["containers"], agent]}, served)):
        plan = planned(spec, annotations, VAULT_AGENT="true")
        assert plan.helpers is None
        assert not any(config.use_agent for config in plan.configs())
        assert messages(plan.whole.problems) == ()


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"vault-agent-cpu": "1"}, "there is no vault-agent-configmap"),
        ({"vault-image": "x"}, "there is no vault-agent-configmap"),
        ({"vault-ct-cpu": "1"}, "there is no vault-ct-configmap"),
        ({"vault-configfile-path": "/a"}, "there is no vault-agent-configmap and no vault-ct-configmap"),
        ({**AGENT, **SIDECAR, "vault-agent-once": "true"}, "ends before the program starts"),
        ({**SIDECAR, "vault-agent-once": "true"}, "is started again"),
        ({**TEMPLATE, "vault-ct-inject-in-initcontainers": "true"}, "only with vault-ct-once"),
        ({**TEMPLATE, "vault-configfile-path": "/a", "vault-ct-secrets-mount-path": "/b"}, "vault-configfile-path wins"),
    ],
)  # fmt: skip
def test_an_annotation_without_effect_is_a_warning(own: dict[str, str], words: str) -> None:
    assert words in " ".join(messages(planned(POD, own).whole.warnings))
