"""The ValidatingAdmissionPolicy for an absent webhook, on the real API server without the webhook."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.servers.process import stopping
from tests.webhook.admission.test_any_pod import changed
from tests.webhook.generated import PODS
from tests.webhook.serving.test_app import Served
from vaultenv.references.grammar import has_reference
from webhook.config.annotation_keys import PREFIX, SUCCESSOR_PREFIX

GUARD = Path(__file__).parents[2] / "manifests/base/guard.yaml"
NAMESPACE = "guard"
REFERENCE = "vault:secret/data/app#password"
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Cluster]:
    """Yield an API server with the policy and without the webhook."""
    with stopping(Cluster(tmp_path_factory.mktemp("guarded"), authority)) as server:
        server.wait()
        server.create_namespace(NAMESPACE)
        server.apply(GUARD.read_text())
        for _ in range(100):
            if refusal(server, pod(env(REFERENCE))):
                break
            time.sleep(0.1)
        yield server


def env(*values: str) -> list[dict[str, str]]:
    return [{"name": f"V{index}", "value": value} for index, value in enumerate(values)]


def container(variables: list[Any], **fields: Any) -> dict[str, Any]:
    return {"name": "app", "image": "app:1", "env": variables, **fields}


def pod(variables: list[Any], annotations: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    metadata = {"generateName": "guarded-", "annotations": annotations or {}}
    return {"metadata": metadata, "spec": {"containers": [container(variables)], **fields}}


def on_nodes(*systems: str) -> dict[str, Any]:
    """Return a required affinity to nodes of these systems."""
    expression = {"key": "kubernetes.io/os", "operator": "In", "values": list(systems)}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def refusal(cluster: Cluster, body: dict[str, Any]) -> str:
    """Return the API server's reason for refusing the pod; "" if it accepts it."""
    try:
        cluster.request("POST", f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All", body)
    except AssertionError as error:
        return str(error)
    return ""


def test_a_raw_reference_is_refused_with_container_and_remedy(guarded: Cluster) -> None:
    message = refusal(guarded, pod(env(REFERENCE)))
    assert "403" in message
    assert "env of app holds Vault references, and vault-env is not in front of the program" in message
    assert "mutate: skip" in message


def test_the_api_server_finds_nothing_wrong_with_the_policy(guarded: Cluster) -> None:
    status = guarded.request("GET", f"{POLICIES}/vault-webhook-guard").get("status", {})
    assert not status.get("typeChecking", {}).get("expressionWarnings")


VALUES = [
    REFERENCE,
    "vault:secret/data/app",
    "vault:",
    "vault:login",
    "vault:v1:aGVsbG8=",
    ">>vault:transit/decrypt/key#plaintext",
    ">>vault:",
    r"\vault:secret/data/app#password",
    r"\>>vault:secret/data/app#password",
    "postgres://${vault:secret/data/app#user}:${vault:secret/data/app#password}@db",
    "a ${>>vault:pki/issue/x#certificate} b",
    "a ${>vault:a#b}",
    r"a \${vault:a#b}",
    "first\n${vault:a#b}\nlast",
    "vault: 8200",
    "vault: secret/data/app#password",
    ">>vault: a#b",
    "vault:\n  token: hvs.secret # comment",
    "vault:secret/data/app\n",
    "vault:secret/data/app#password\n",
    ">>vault:a\tb#c",
    "vault:a b#c",
    "vault:v1:aGVsbG8=\n",
    "vault:v1:\n",
    "\u00a0vault:a#b",
    "vault:\u00a0a#b",
    "${vault: a#b}",
    "${vault:a\tb#c}",
    "${vault:a\tb} ${vault:a#b}",
    "${vault:a b#c}",
    "${vault:}",
    "${vault:#b}",
    "${vault:a#b",
    "${vault:a#b\n}",
    "${vault:",
    "a vault:secret/data/app#password",
    "Vault:secret/data/app#password",
    "xvault:8200",
    "vault:8200",
    "vault:8200/ui",
    "vault:8200,vault:8201",
    "vault:8200;x",
    "vault:8200?x",
    "vault:8200 x",
    "vault:8200#x",
    "vault:8200/a#b",
    "vault:82000000",
    "vault:8200x",
    "https://vault:8200",
    "tcp://vault:8200#x",
    "vault",
    "",
]


@pytest.mark.parametrize("value", VALUES)
def test_policy_and_launcher_agree_whether_a_value_is_a_reference(guarded: Cluster, value: str) -> None:
    assert bool(refusal(guarded, pod(env(value)))) == has_reference(value.encode())


PARTS = st.sampled_from(["vault:", ">>", "${", "}", "#", "a", "/", "8200", "v1:", "\n", "\\", ">", " "])


@settings(max_examples=60)
@given(st.lists(PARTS, min_size=1, max_size=7).map("".join))
def test_policy_and_launcher_agree_on_any_text(guarded: Cluster, text: str) -> None:
    assert bool(refusal(guarded, pod(env(text)))) == has_reference(text.encode())


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(PODS)
def test_a_pod_changed_by_the_webhook_passes(guarded: Cluster, pod: dict[str, Any]) -> None:
    assert not refusal(guarded, changed(Served(), pod))


@pytest.mark.parametrize("launcher", ["/vault/vault-env", "/vault/secret-init", "/bao/secret-init"])
def test_a_container_that_starts_a_launcher_passes(guarded: Cluster, launcher: str) -> None:
    wrapped = container(env(REFERENCE), command=[launcher], args=["app"])
    assert not refusal(guarded, pod([], containers=[wrapped]))
    other = container(env(REFERENCE), command=["sh", launcher])
    assert refusal(guarded, pod([], containers=[other]))


def test_init_containers_count(guarded: Cluster) -> None:
    first = container(env(REFERENCE), name="first")
    assert "env of first holds" in refusal(guarded, pod([], initContainers=[first]))


@pytest.mark.parametrize("prefix", [PREFIX, SUCCESSOR_PREFIX])
def test_a_pod_that_is_skipped_passes(guarded: Cluster, prefix: str) -> None:
    assert not refusal(guarded, pod(env(REFERENCE), {prefix + "mutate": "skip"}))
    assert refusal(guarded, pod(env(REFERENCE), {prefix + "mutate": "Skip"}))


def test_the_successors_annotation_wins_over_ours(guarded: Cluster) -> None:
    both = (SUCCESSOR_PREFIX + "mutate", PREFIX + "mutate")
    assert refusal(guarded, pod(env(REFERENCE), dict(zip(both, ("", "skip"), strict=True))))
    assert not refusal(guarded, pod(env(REFERENCE), dict(zip(both, ("skip", ""), strict=True))))


def test_a_pod_that_its_label_excludes_passes(guarded: Cluster) -> None:
    body = pod(env(REFERENCE))
    body["metadata"]["labels"] = {"security.banzaicloud.io/mutate": "skip"}
    assert not refusal(guarded, body)


@pytest.mark.parametrize(
    "fields",
    [
        {"os": {"name": "windows"}},
        {"nodeSelector": {"kubernetes.io/os": "windows"}},
        {"affinity": on_nodes("windows")},
        {"securityContext": {"windowsOptions": {"hostProcess": True}}, "hostNetwork": True},
    ],
)
def test_a_windows_pod_passes_as_the_webhook_leaves_it(guarded: Cluster, fields: dict[str, Any]) -> None:
    assert not refusal(guarded, pod(env(REFERENCE), **fields))


@pytest.mark.parametrize("systems", [("linux",), ("windows", "linux")])
def test_a_pod_that_may_run_on_linux_does_not_pass(guarded: Cluster, systems: tuple[str, ...]) -> None:
    assert refusal(guarded, pod(env(REFERENCE), affinity=on_nodes(*systems)))


def test_a_value_from_elsewhere_is_not_seen(guarded: Cluster) -> None:
    source = {"configMapKeyRef": {"name": "c", "key": "k"}}
    assert not refusal(guarded, pod([{"name": "X", "valueFrom": source}]))


def test_a_port_by_its_variable_passes(guarded: Cluster) -> None:
    assert not refusal(guarded, pod(env("8200", "vault:$(V0)")))


@pytest.mark.parametrize(
    "key",
    [
        PREFIX + "vault-env-from-path",
        SUCCESSOR_PREFIX + "vault-from-path",
        SUCCESSOR_PREFIX + "bao-from-path",
        SUCCESSOR_PREFIX + "vault-env-from-path",
    ],
)
def test_a_path_for_all_containers_needs_the_launcher_in_each(guarded: Cluster, key: str) -> None:
    wrapped = container([], name="wrapped", command=["/vault/vault-env"], args=["app"])
    copier = container([], name="copy-vault-env", command=["/usr/local/bin/vault-env"])
    spec = {"containers": [wrapped, container([])], "initContainers": [copier]}
    annotations = {key: "secret/data/app"}
    assert "gives app secrets" in refusal(guarded, pod([], annotations, **spec))
    assert not refusal(guarded, pod([], annotations, containers=[wrapped], initContainers=[copier]))
    assert not refusal(guarded, pod([], {key: ""}, **spec))


@pytest.mark.parametrize(
    "prefix", [PREFIX + "vault-env-", SUCCESSOR_PREFIX + "vault-", SUCCESSOR_PREFIX + "bao-"]
)
def test_containers_that_get_no_path_need_no_launcher(guarded: Cluster, prefix: str) -> None:
    path = {prefix + "from-path": "secret/data/app"}
    assert not refusal(guarded, pod([], {**path, prefix + "from-path-exclude": "other, app"}))
    assert not refusal(guarded, pod([], {**path, prefix + "from-path-include": "other"}))
    assert refusal(guarded, pod([], {**path, prefix + "from-path-include": "other, app"}))


def test_a_path_for_some_containers_needs_the_launcher_in_those(guarded: Cluster) -> None:
    key = PREFIX + "vault-env-from-path"
    assert not refusal(guarded, pod([], {key: "a;containers=x|y,b;only=k;containers=z"}))
    assert refusal(guarded, pod([], {key: "a;containers=x|y,b;only=k; containers = z | app"}))
    assert refusal(guarded, pod([], {key: "a;containers=x,b"}))
    assert not refusal(guarded, pod([], {key: " , "}))


def agent(**annotations: str) -> dict[str, str]:
    """Return HashiCorp's annotations, with `_` for `-` in their names."""
    return {f"vault.hashicorp.com/{key.replace('_', '-')}": text for key, text in annotations.items()}


EXEC = agent(agent_inject="true", agent_run_as_sidecar="false")
WRAPPED = container([], command=["/vault/vault-env"], args=["/server"])


@pytest.mark.parametrize(
    "annotations",
    [
        EXEC,
        agent(agent_inject=" T ", agent_run_as_sidecar="F"),
        agent(agent_inject="1", agent_exec_command="/server"),
        agent(agent_inject="true", agent_run_as_sidecar=" ", agent_exec_command="/server"),
    ],
)
def test_exec_mode_needs_the_launcher(guarded: Cluster, annotations: dict[str, str]) -> None:
    message = refusal(guarded, pod([], annotations))
    assert "ask for exec mode, and vault-env is not in front of the program of app" in message
    assert not refusal(guarded, pod([], annotations, containers=[WRAPPED]))


def test_exec_mode_is_for_the_first_container_or_those_that_are_named(guarded: Cluster) -> None:
    other, first = container([], name="other"), container([], name="first")
    assert not refusal(guarded, pod([], EXEC, containers=[WRAPPED, other], initContainers=[first]))
    named = EXEC | agent(agent_inject_containers="app, other,first")
    assert "of other, first" in refusal(
        guarded, pod([], named, containers=[WRAPPED, other], initContainers=[first])
    )


@pytest.mark.parametrize(
    "annotations",
    [
        EXEC | agent(agent_inject="false"),
        agent(agent_run_as_sidecar="false", agent_exec_command="/server"),
        EXEC | agent(agent_inject_status="injected"),
        EXEC | {PREFIX + "mutate": "skip"},
    ],
)
def test_a_pod_that_exec_mode_is_not_for_passes(guarded: Cluster, annotations: dict[str, str]) -> None:
    assert not refusal(guarded, pod([], annotations))


def test_files_need_an_agent_of_whichever_webhook(guarded: Cluster) -> None:
    annotated = agent(agent_inject="true", agent_inject_secret_a="kv/a")
    assert "has no container vault-agent or vault-agent-init" in refusal(guarded, pod([], annotated))
    assert "has no container vault-agent" in refusal(guarded, pod([], annotated, containers=[WRAPPED]))
    for name in ("containers", "initContainers"):
        has = {"containers": [container([])], "initContainers": []}
        has[name].append(container([], name="vault-agent" if name == "containers" else "vault-agent-init"))
        assert not refusal(guarded, pod([], annotated, **has))
    assert not refusal(guarded, pod([], annotated | agent(agent_inject_status="injected")))
    assert refusal(guarded, pod([], annotated | agent(agent_inject_status="update")))


def test_the_agent_of_files_does_not_replace_the_launcher(guarded: Cluster) -> None:
    beside = container([], name="vault-agent")
    assert "ask for exec mode" in refusal(guarded, pod([], EXEC, containers=[container([]), beside]))


def add_container(
    cluster: Cluster, variables: list[Any], annotations: dict[str, str] | None = None, **fields: Any
) -> str:
    """Return the reason for refusing `kubectl debug` on an existing pod; "" if it is accepted."""
    body = pod([], annotations, containers=[WRAPPED])
    created = cluster.request("POST", f"/api/v1/namespaces/{NAMESPACE}/pods", body)
    created["spec"]["ephemeralContainers"] = [container(variables, name="debugger", **fields)]
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{created['metadata']['name']}/ephemeralcontainers"
    try:
        cluster.request("PUT", path, created)
    except AssertionError as error:
        return str(error)
    return ""


def test_ephemeral_containers_count(guarded: Cluster) -> None:
    assert "env of debugger holds Vault references" in add_container(guarded, env(REFERENCE))
    assert not add_container(guarded, env("vault:8200"))
    assert not add_container(guarded, env(REFERENCE), command=["/vault/vault-env"], args=["sh"])


def test_an_ephemeral_container_gets_nothing_of_exec_mode(guarded: Cluster) -> None:
    assert not add_container(guarded, [], EXEC)
    assert "env of debugger holds" in add_container(guarded, env(REFERENCE), EXEC)


MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    "values",
    [
        ["x" * MEGABYTE],
        ["x" * 100] * (MEGABYTE // 130),
        ["x"] * 20_000,
        ["vault:8200 " + "x" * (MEGABYTE - 20)],
        ["https://vault:8200/" + "$" * 500_000 + "{" * 500_000],
        ["x ${vault:not closed" + " " * (MEGABYTE - 100)],
        ["vault:8200"] * 10_000,
        ["vault:\n  " + "x" * (MEGABYTE - 20)],
        ["vault: " + "x" * (MEGABYTE - 20)],
    ],
    ids=[
        "one value",
        "many",
        "very many",
        "a host first",
        "a host and braces",
        "not closed",
        "many hosts",
        "YAML",
        "prose",
    ],
)
def test_a_megabyte_of_variables_is_within_the_cost_limit(guarded: Cluster, values: list[str]) -> None:
    assert not refusal(guarded, pod(env(*values)))
    assert "holds Vault references" in refusal(guarded, pod(env(*values, REFERENCE)))
