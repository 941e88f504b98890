"""Reviews of pods with files: whole pods of the guides, refused ones, and none changed twice."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhook.admission.restricted import violations
from tests.webhook.admission.seeds.pods import SEEDS, answered, expected, sent
from tests.webhook.config.hashicorp.annotated import TEMPLATE, named, ours
from tests.webhook.generated import SPECS
from tests.webhook.serving.test_app import Served, review_of

FILES = {"agent-inject": "true", "agent-inject-secret-db": "secret/data/db"}
APP = {"name": "app", "image": "app:1"}
STATUS = "vault.hashicorp.com/agent-inject-status"


@pytest.fixture(scope="module")
def served() -> Served:
    return Served()


def pod(annotations: dict[str, str], *containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "p", "annotations": annotations},
        "spec": {"containers": [*containers], **spec},
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pods_of_the_guides_become_the_recorded_pods(served: Served, seed: str) -> None:
    document = sent(seed)
    response = served.review("pods", document)
    assert answered(document, response) == expected(seed)
    assert "warnings" not in response


def test_a_pod_with_secrets_and_without_the_gate_starts_without_them_and_says_so(served: Served) -> None:
    response = served.review("pods", pod(named({"agent-inject-secret-db": "secret/data/db"}), APP))
    assert (response["allowed"], "patch" in response) == (True, False)
    (warning,) = response["warnings"]
    assert "agent-inject-secret-db has no effect without" in warning


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pods_of_the_guides_get_the_same_answer_and_are_changed_once(served: Served, seed: str) -> None:
    document = sent(seed)
    first = served.review("pods", document)
    assert Served().review("pods", document)["patch"] == first["patch"]
    assert "patch" not in served.review("pods", answered(document, first))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_agents_of_the_guides_pods_are_within_restricted(seed: str) -> None:
    spec = expected(seed)["spec"]
    added = [
        each
        for each in (*spec["initContainers"], *spec["containers"])
        if each["name"].startswith("vault-agent")
    ]
    assert len(added) == 2
    assert list(violations(spec, added)) == []


def test_the_pods_account_is_the_role_where_none_is_annotated(served: Served) -> None:
    document = pod(named(FILES), APP, serviceAccountName="web")
    spec = answered(document, served.review("pods", document))["spec"]
    assert {"name": "VAULT_ROLE", "value": "web"} in spec["initContainers"][0]["env"]


def test_the_audit_log_has_the_paths(served: Served) -> None:
    response = served.review("pods", pod(named(FILES), APP))
    assert response["auditAnnotations"]["references"] == "vault-agent/*=secret/data/db"


def test_a_refusal_names_all_problems_of_both_families(served: Served) -> None:
    bad = {**FILES, "auth-type": "oci", "agent-inject-containers": "x", "agent-inject-file-db": "../db"}
    referring = {**APP, "env": [{"name": "P", "value": "vault:x"}]}
    response = served.review("pods", pod({**named(bad), **ours(run_as_user="me")}, referring))
    assert not response["allowed"]
    for part in ("auth-type", "no container x", "agent-inject-file-db", "run-as-user", "variable P"):
        assert part in response["status"]["message"]


@pytest.mark.timed
def test_more_annotations_than_kubernetes_stores_are_refused_unread(served: Served) -> None:
    crowd = {f"agent-inject-template-{number}": TEMPLATE for number in range(4000)}
    began = time.process_time()
    response = served.review("pods", pod(named({**FILES, **crowd}), APP))
    assert time.process_time() - began < 2
    assert response["status"]["message"] == (
        "could not mutate object: annotations come to more than the 262144 bytes that Kubernetes stores: shorten them"
    )


def test_a_patch_of_a_container_that_cannot_be_applied_is_refused(served: Served) -> None:
    patch = json.dumps([{"op": "remove", "path": "/lifecycle"}])
    response = served.review("pods", pod(named({**FILES, "agent-json-patch": patch}), APP))
    assert "agent-json-patch: operation 1 cannot be done" in response["status"]["message"]


def test_an_agent_with_another_name_gets_no_launcher_in_a_second_review(served: Served) -> None:
    patches = {
        f"agent-{kind}json-patch": json.dumps([{"op": "replace", "path": "/name", "value": f"x{kind}y"}])
        for kind in ("", "init-")
    }
    app = {**APP, "command": ["/app"]}
    document = pod({**named({**FILES, **patches}), **ours(vault_env_from_path="secret/data/x")}, app)
    first = answered(document, served.review("pods", document))
    assert [each["name"] for each in first["spec"]["initContainers"]] == ["copy-vault-env", "xinit-y"]
    assert [each["name"] for each in first["spec"]["containers"]] == ["app", "xy"]
    assert "patch" not in served.review("pods", first)


def test_the_path_policy_holds_for_files() -> None:
    strict = Served(VAULT_PATH_POLICY="secret/data/{namespace}")
    message = strict.review("pods", pod(named(FILES), APP))["status"]["message"]
    assert "agent-inject-secret-db: path secret/data/db is outside" in message
    own = {**FILES, "agent-inject-secret-db": "secret/data/shop/db"}
    assert strict.review("pods", pod(named(own), APP))["allowed"]
    file = {**own, "agent-inject-template-file-x": "/t"}
    assert "agent-inject-template-file-x: the path is not known" in str(
        strict.review("pods", pod(named(file), APP))
    )


def test_a_policy_that_warns_lets_the_pod_have_its_agent() -> None:
    lax = Served(VAULT_PATH_POLICY="secret/data/{namespace}", VAULT_PATH_POLICY_MODE="warn")
    response = lax.review("pods", pod(named(FILES), APP))
    assert "patch" in response
    assert "is outside" in response["warnings"][0]


CHANGED_BY_THE_INJECTOR = {
    "name": "vault-agent",
    "image": "hashicorp/vault:1.21.1",
    "command": ["/bin/sh", "-ec"],
    "args": [
        "echo ${VAULT_CONFIG?} | base64 -d > /home/vault/config.json && vault agent -config=/home/vault/config.json"
    ],
    "env": [{"name": "VAULT_CONFIG", "value": "e30="}],
}


def test_a_pod_changed_by_hashicorps_injector_is_unchanged(served: Served) -> None:
    document = pod({**named(FILES), STATUS: "injected"}, APP, CHANGED_BY_THE_INJECTOR)
    response = served.review("pods", document)
    assert response == {"uid": response["uid"], "allowed": True}


def test_references_in_an_injected_pod_get_the_launcher_and_its_agent_does_not(served: Served) -> None:
    referring = {**APP, "command": ["/app"], "env": [{"name": "P", "value": "vault:kv/a#b"}]}
    annotations = {**named(FILES), STATUS: "injected", **ours(vault_env_from_path="kv/all")}
    document = pod(annotations, referring, CHANGED_BY_THE_INJECTOR)
    app, agent = answered(document, served.review("pods", document))["spec"]["containers"]
    assert app["command"] == ["/vault/vault-env"]
    assert agent == CHANGED_BY_THE_INJECTOR


def test_an_injected_pod_without_its_status_is_unchanged_with_a_warning(served: Served) -> None:
    response = served.review("pods", pod(named(FILES), APP, CHANGED_BY_THE_INJECTOR))
    assert "patch" not in response
    assert "the pod has the container of an agent already" in response["warnings"][0]


def test_a_debug_container_gets_no_files(served: Served) -> None:
    document = pod(named(FILES), APP)
    running = answered(document, served.review("pods", document))
    debugged = json.loads(json.dumps(running))
    debugged["spec"]["ephemeralContainers"] = [{"name": "debugger", "image": "busybox"}]
    body = review_of(
        object=debugged,
        oldObject=running,
        operation="UPDATE",
        subResource="ephemeralcontainers",
        namespace="shop",
    )
    response = json.loads(served.client.post("/pods", data=body).data)["response"]
    assert response == {"uid": response["uid"], "allowed": True}


ANNOTATIONS = st.fixed_dictionaries(
    {key: st.just(text) for key, text in FILES.items()},
    optional={
        "agent-inject-template-db": st.sampled_from([TEMPLATE, "$$ $(A)"]),
        "agent-inject-secret-Other": st.just("kv/other"),
        "secret-volume-path-Other": st.sampled_from(["/other", "/vault/secrets/other"]),
        "agent-inject-token": st.just("true"),
        "agent-pre-populate": st.just("false"),
        "agent-pre-populate-only": st.just("true"),
        "agent-init-first": st.just("true"),
        "agent-inject-containers": st.just("app-0"),
        "agent-copy-volume-mounts": st.just("app-0"),
        "agent-cache-enable": st.just("true"),
        "agent-revoke-on-shutdown": st.just("true"),
        "agent-limits-mem": st.sampled_from(["", "16Mi"]),
        "agent-extra-secret": st.just("more"),
        "tls-secret": st.just("ca"),
        "role": st.just("api"),
    },
)
OWN = st.sampled_from(
    [
        ours(transit_key_id="key"),
        ours(transit_key_id="key", vault_agent_sidecar="native", vault_agent_probes="readiness,liveness"),
        ours(transit_key_id="key", vault_agent_secrets_writable="true", mutate_probes="true"),
    ]
)


@given(SPECS, ANNOTATIONS, OWN)
def test_a_first_review_brings_an_agent_within_restricted_and_a_second_one_changes_nothing(
    served: Served, spec: dict[str, Any], annotations: dict[str, str], own: dict[str, str]
) -> None:
    document = json.loads(
        json.dumps({"metadata": {"annotations": {**named(annotations), **own}}, "spec": spec})
    )
    first = served.review("pods", document)
    assert served.review("pods", document)["patch"] == first["patch"]
    once = answered(document, first)
    every = [*(once["spec"].get("initContainers") or ()), *once["spec"]["containers"]]
    added = [each for each in every if each["name"].startswith("vault-agent")]
    assert 0 < len(added) <= 2 or annotations.keys() >= {"agent-pre-populate", "agent-pre-populate-only"}
    assert list(violations({}, added)) == []
    assert "patch" not in served.review("pods", once)
