"""The containers of the agent: names, order, mounts, rights, resources, probes."""

from typing import Any

import pytest

from tests.webhook.config.hashicorp.annotated import ours
from tests.webhook.pods.filing import ACCOUNT, by_name, changed, mounts, names, variables
from tests.webhook.pods.specs import container, spec_of
from vaultenv.agent_document import parse_agent
from webhook.pods.agent import is_agent

PROGRAM = "/usr/local/bin/vault-env"
MOUNTED = container(volumeMounts=[ACCOUNT])


def agent_of(annotations: dict[str, str], name: str = "vault-agent", **fields: Any) -> dict[str, Any]:
    return by_name(changed(spec_of(MOUNTED, **fields), annotations), name)


def test_an_init_container_writes_the_files_and_a_container_refreshes_them() -> None:
    new = changed(spec_of(MOUNTED, container(name="other"), initContainers=[container(name="first")]))
    assert names(new["initContainers"]) == ["first", "vault-agent-init"]
    assert names(new["containers"]) == ["app", "other", "vault-agent"]
    assert by_name(new, "vault-agent-init")["command"] == [PROGRAM, "--agent-init"]
    assert by_name(new, "vault-agent")["command"] == [PROGRAM, "--agent"]
    assert {
        each["image"] for each in map(lambda name: by_name(new, name), ("vault-agent", "vault-agent-init"))
    } == {"vault-env:1"}


ROLES = [
    ({"agent-pre-populate-only": "true"}, {}, ["i", "vault-agent-init"], ["app"]),
    ({"agent-pre-populate": "false"}, {}, ["i"], ["app", "vault-agent"]),
    ({"agent-init-first": "true"}, {}, ["vault-agent-init", "i"], ["app", "vault-agent"]),
    ({}, ours(vault_agent_sidecar="native"), ["i", "vault-agent"], ["app"]),
    ({"agent-init-first": "true"}, ours(vault_agent_sidecar="native"), ["vault-agent", "i"], ["app"]),
    (
        {"agent-pre-populate-only": "true"},
        ours(vault_agent_sidecar="native"),
        ["i", "vault-agent-init"],
        ["app"],
    ),
]


@pytest.mark.parametrize(("annotations", "own", "init", "containers"), ROLES)
def test_annotations_choose_the_containers_and_their_order(
    annotations: dict[str, str], own: dict[str, str], init: list[str], containers: list[str]
) -> None:
    new = changed(spec_of(MOUNTED, initContainers=[container(name="i")]), annotations, own)
    assert (names(new["initContainers"]), names(new["containers"])) == (init, containers)


def test_a_pod_that_ends_by_itself_has_its_agent_as_a_native_sidecar() -> None:
    for policy in ("Never", "OnFailure"):
        new = changed(spec_of(MOUNTED, restartPolicy=policy))
        assert (names(new["initContainers"]), names(new["containers"])) == (["vault-agent"], ["app"])
        restarted = changed(
            spec_of(MOUNTED, restartPolicy=policy), None, ours(vault_agent_sidecar="container")
        )
        assert names(restarted["containers"]) == ["app", "vault-agent"]
    assert names(changed(spec_of(MOUNTED, restartPolicy="Always"))["containers"]) == ["app", "vault-agent"]


def test_a_native_sidecar_stays_and_the_program_waits_for_its_files() -> None:
    native = by_name(changed(spec_of(MOUNTED), None, ours(vault_agent_sidecar="native")), "vault-agent")
    assert (native["restartPolicy"], native["command"]) == ("Always", [PROGRAM, "--agent"])
    assert native["startupProbe"]["exec"] == {"command": [PROGRAM, "--agent-status", "ready"]}
    assert native["startupProbe"]["periodSeconds"] == 1
    later = changed(spec_of(MOUNTED), {"agent-pre-populate": "false"}, ours(vault_agent_sidecar="native"))
    assert "startupProbe" not in by_name(later, "vault-agent")


def test_only_the_staying_agent_has_the_annotated_probes() -> None:
    assert not {"readinessProbe", "livenessProbe"} & agent_of({}).keys()
    new = changed(spec_of(MOUNTED), None, ours(vault_agent_probes="readiness,liveness"))
    agent = by_name(new, "vault-agent")
    assert agent["readinessProbe"]["exec"] == {"command": [PROGRAM, "--agent-status", "ready"]}
    assert agent["livenessProbe"]["exec"] == {"command": [PROGRAM, "--agent-status", "live"]}
    assert not {"readinessProbe", "livenessProbe"} & by_name(new, "vault-agent-init").keys()


def test_the_injectors_volumes_are_in_memory_and_have_a_limit() -> None:
    new = changed(spec_of(MOUNTED, volumes=[{"name": "data"}]), {"secret-volume-path-db": "/db"})
    assert names(new["volumes"]) == [
        "data",
        "home-init",
        "home-sidecar",
        "vault-secrets",
        "vault-secrets-custom-0",
        "vault-agent-cache",
    ]
    for volume in new["volumes"][1:]:
        assert volume["emptyDir"]["medium"] == "Memory"
        assert volume["emptyDir"]["sizeLimit"].endswith("Mi")


def test_each_agent_mounts_its_home_the_files_and_the_token() -> None:
    new = changed(spec_of(MOUNTED), {"secret-volume-path": "/etc/app", "secret-volume-path-db": "/db"})
    for name, home in (("vault-agent-init", "home-init"), ("vault-agent", "home-sidecar")):
        assert mounts(by_name(new, name)) == {
            "/home/vault": home,
            "/etc/app": "vault-secrets",
            "/db": "vault-secrets-custom-0",
            "/vault/agent-cache": "vault-agent-cache",
            ACCOUNT["mountPath"]: "kube-api-access-x",
        }


def fields_of(agent: dict[str, Any]) -> list[str]:
    return [entry["valueFrom"]["fieldRef"]["fieldPath"] for entry in agent["env"] if "valueFrom" in entry]


def handover_of(agent: dict[str, Any]) -> str:
    return parse_agent(variables(agent)["VAULT_ENV_AGENT"]).handover


@pytest.mark.parametrize("annotations", [{}, {"agent-cache-enable": "true"}, {"agent-init-first": "true"}])
def test_the_agent_beside_the_program_goes_on_with_the_leases_of_the_init(
    annotations: dict[str, str],
) -> None:
    new = changed(spec_of(MOUNTED), annotations)
    assert "vault-agent-cache" in names(new["volumes"])
    for name in ("vault-agent-init", "vault-agent"):
        agent = by_name(new, name)
        assert mounts(agent)["/vault/agent-cache"] == "vault-agent-cache"
        assert handover_of(agent) == "/vault/agent-cache/leases"
    assert "/vault/agent-cache" not in mounts(by_name(new, "app"))


@pytest.mark.parametrize(
    ("annotations", "own", "name"),
    [
        ({"agent-pre-populate-only": "true", "agent-cache-enable": "true"}, {}, "vault-agent-init"),
        ({"agent-pre-populate": "false"}, {}, "vault-agent"),
        ({}, ours(vault_agent_sidecar="native"), "vault-agent"),
    ],
)
def test_an_agent_alone_goes_on_with_its_own_leases_after_a_restart(
    annotations: dict[str, str], own: dict[str, str], name: str
) -> None:
    new = changed(spec_of(MOUNTED), annotations, own)
    agent = by_name(new, name)
    assert "vault-agent-cache" not in names(new["volumes"])
    assert handover_of(agent) == "/home/vault/.vault-env-leases"


def test_secrets_of_the_namespace_are_files_of_the_agent_only() -> None:
    annotations = {"agent-extra-secret": "more", "tls-secret": "ca", "ca-cert": "/vault/tls/ca.crt"}
    new = changed(spec_of(MOUNTED), annotations)
    found = mounts(by_name(new, "vault-agent"))
    assert (found["/vault/custom"], found["/vault/tls"]) == ("extra-secrets", "vault-tls-secrets")
    assert {"name": "extra-secrets", "secret": {"secretName": "more"}} in new["volumes"]
    assert {"name": "vault-tls-secrets", "secret": {"secretName": "ca"}} in new["volumes"]
    assert not {"/vault/custom", "/vault/tls"} & mounts(by_name(new, "app")).keys()


def test_variables_of_the_agent_have_its_files_and_its_login() -> None:
    annotations = {
        "role": "app",
        "auth-path": "auth/kube-2",
        "namespace": "team",
        "proxy-address": "http://proxy:3128",
        "client-max-retries": "3",
        "log-level": "debug",
    }
    found = variables(agent_of(annotations))
    expected = {
        "VAULT_ADDR": "https://vault.example.com",
        "VAULT_ROLE": "app",
        "VAULT_PATH": "kube-2",
        "VAULT_AUTH_METHOD": "kubernetes",
        "VAULT_NAMESPACE": "team",
        "VAULT_PROXY_ADDR": "http://proxy:3128",
        "VAULT_MAX_RETRIES": "3",
        "VAULT_LOG_LEVEL": "debug",
    }
    assert {name: found.get(name) for name in expected} == expected
    (file,) = parse_agent(found["VAULT_ENV_AGENT"]).files
    assert (file.file, file.source.path) == ("/vault/secrets/db", "secret/data/db")


def test_a_dollar_in_a_template_is_doubled_for_the_kubelet() -> None:
    text = '{{ with $s := secret "a/b" }}$(HOME) {{ $s.Data.x }}{{ end }}'
    found = variables(agent_of({"agent-inject-template-db": text}))["VAULT_ENV_AGENT"]
    assert parse_agent(found.replace("$$", "$")).files[0].source.template == text
    assert found.count("$") == 2 * text.count("$")


def test_the_agent_starts_on_a_node_without_an_address() -> None:
    """A cloud's controller gives nodes their addresses, and may need files itself: status.hostIP prevented its start."""
    assert fields_of(agent_of({})) == ["metadata.namespace", "status.podIP"]


@pytest.mark.parametrize(
    "annotations",
    [{"agent-inject-template-db": '{{ env "HOST_IP" }}'}, {"agent-inject-template-file-db": "/t"}],
)
def test_templates_can_read_where_the_pod_runs(annotations: dict[str, str]) -> None:
    assert fields_of(agent_of(annotations)) == ["metadata.namespace", "status.hostIP", "status.podIP"]


def test_the_agent_has_rights_that_restricted_admits() -> None:
    assert agent_of({})["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsGroup": 1000,
        "runAsNonRoot": True,
        "runAsUser": 100,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_annotations_switch_rights() -> None:
    root = agent_of({"agent-run-as-user": "0", "agent-run-as-group": "0"})["securityContext"]
    assert (root["runAsUser"], root["runAsGroup"], root["runAsNonRoot"]) == (0, 0, False)
    off = {"agent-set-security-context": "false"}
    assert "securityContext" not in agent_of(off)
    assert "securityContext" not in agent_of({**off, "agent-run-as-user": "5"})


def test_a_user_in_the_pod_wins_over_an_operator_who_sets_none() -> None:
    operator = {"AGENT_INJECT_SET_SECURITY_CONTEXT": "false"}
    assert "securityContext" not in by_name(changed(spec_of(MOUNTED), {}, None, **operator), "vault-agent")
    user = changed(spec_of(MOUNTED), {"agent-run-as-user": "5"}, None, **operator)
    assert by_name(user, "vault-agent")["securityContext"]["runAsUser"] == 5
    app = container(volumeMounts=[ACCOUNT], securityContext={"runAsUser": 6})
    same = changed(spec_of(app), {"agent-run-as-same-user": "true"}, None, **operator)
    assert by_name(same, "vault-agent")["securityContext"]["runAsUser"] == 6


RESOURCES = [
    ({}, {"cpu": "500m", "memory": "128Mi"}, {"cpu": "10m", "memory": "32Mi"}),
    (
        {
            "agent-limits-cpu": "1",
            "agent-limits-mem": "",
            "agent-limits-ephemeral": "1Gi",
            "agent-requests-cpu": "",
        },
        {"cpu": "1", "ephemeral-storage": "1Gi"},
        {"memory": "32Mi"},
    ),
    ({"agent-limits-mem": "16Mi"}, {"cpu": "500m", "memory": "16Mi"}, {"cpu": "10m", "memory": "16Mi"}),
    (
        {"agent-requests-mem": "256Mi", "agent-requests-cpu": "1"},
        {"cpu": "1", "memory": "256Mi"},
        {"cpu": "1", "memory": "256Mi"},
    ),
]


@pytest.mark.parametrize(("annotations", "limits", "requests"), RESOURCES)
def test_the_agent_has_default_resources_unless_annotated(
    annotations: dict[str, str], limits: dict[str, str], requests: dict[str, str]
) -> None:
    assert agent_of(annotations)["resources"] == {"limits": limits, "requests": requests}


def test_without_any_amount_there_are_no_resources() -> None:
    kinds = [f"agent-{what}-{unit}" for what in ("limits", "requests") for unit in ("cpu", "mem")]
    assert "resources" not in agent_of(dict.fromkeys(kinds, ""))


def test_a_token_that_is_revoked_outlives_the_program_by_the_grace() -> None:
    revoke = {"agent-revoke-on-shutdown": "true"}
    assert agent_of(revoke)["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    assert "lifecycle" not in agent_of({**revoke, "agent-revoke-grace": "0"})
    native = changed(spec_of(MOUNTED), revoke, ours(vault_agent_sidecar="native"))
    assert "lifecycle" not in by_name(native, "vault-agent")


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        ({"name": "vault-agent", "command": [PROGRAM, "--agent"]}, True),
        ({"name": "vault-agent-init", "command": [PROGRAM, "--agent-init"]}, True),
        (
            {"name": "vault-agent", "command": ["/bin/sh", "-ec"], "args": ["… && vault agent -config=/x"]},
            True,
        ),
        ({"name": "vault-agent", "command": ["/agent-of-someone"]}, False),
        ({"name": "vault-agent"}, False),
        ({"name": "app", "command": [PROGRAM, "--agent"]}, False),
        ({"name": "x", "command": [PROGRAM, "--agent"], "volumeMounts": [{"name": "home-sidecar"}]}, True),
        ({"name": "x", "command": ["/app"], "volumeMounts": [{"name": "home-sidecar"}]}, False),
    ],
)
def test_an_agent_is_recognised_by_its_name_and_its_command(each: dict[str, Any], expected: bool) -> None:
    assert is_agent(each) is expected  # type: ignore[arg-type]


def test_a_guaranteed_pod_stays_that() -> None:
    amounts = {"cpu": "1", "memory": "64Mi"}
    own = container(resources={"limits": amounts, "requests": amounts})
    for name in ("vault-agent-init", "vault-agent"):
        resources = by_name(changed(spec_of(own)), name)["resources"]
        assert resources["requests"] == resources["limits"]
        annotated = by_name(changed(spec_of(own), {"agent-requests-cpu": "5m"}), name)["resources"]
        assert annotated["requests"]["cpu"] == "5m"
        burstable = by_name(changed(spec_of(own, container(name="b"))), name)["resources"]
        assert burstable["requests"]["cpu"] != burstable["limits"]["cpu"]
