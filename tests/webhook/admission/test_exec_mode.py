"""Reviews of pods with HashiCorp's annotations: served, left alone, refused, and never changed twice."""

import base64
import copy
import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhook.config.hashicorp.annotated import GATE, SECRET, TEMPLATE, named, ours
from tests.webhook.generated import SPECS
from tests.webhook.serving.test_app import REFERRING, Served, review_of

SERVER = {"agent-exec-command": "/server"}
SEED = {**GATE, **SERVER, **SECRET, "role": "api", "agent-inject-template-config.env": TEMPLATE}
APP = {"name": "api", "image": "api:1"}


@pytest.fixture(scope="module")
def served() -> Served:
    return Served()


def pod(annotations: dict[str, str], *containers: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "p", "annotations": annotations}, "spec": {"containers": [*containers]}}


def patched(document: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    """Return the pod after the answer's patch, applied by a foreign implementation of RFC 6902."""
    assert response["allowed"], response["status"]["message"]
    patch = json.loads(base64.b64decode(response.get("patch", base64.b64encode(b"[]"))))
    applied: dict[str, Any] = jsonpatch.apply_patch(copy.deepcopy(document), patch)
    return applied


def test_a_distroless_pod_starts_its_server_through_the_launcher_without_a_registry(served: Served) -> None:
    document = pod(named(SEED), APP)
    response = served.review("pods", document)
    new = patched(document, response)
    (container,) = new["spec"]["containers"]
    assert [*container["command"], *container["args"]] == ["/vault/vault-env", "/server"]
    assert new["metadata"]["annotations"]["vault.hashicorp.com/agent-inject-status"] == "injected"
    assert "warnings" not in response
    assert response["auditAnnotations"]["references"] == "api/*=secret/data/api"
    assert "patch" not in served.review("pods", new)


def test_without_a_role_the_service_account_is_the_role(served: Served) -> None:
    document = pod(named({**GATE, **SECRET, **SERVER}), APP)
    document["spec"]["serviceAccountName"] = "web"
    (container,) = patched(document, served.review("pods", document))["spec"]["containers"]
    assert {"name": "VAULT_ROLE", "value": "web"} in container["env"]


UNCHANGED = [
    {"agent-inject": "false", **SECRET},
    {"agent-inject": "", "vault-addr": "x", "auth-type": "nothing"},
    {"agent-inject": "true", "agent-inject-status": "injected", "vault-addr": "x", "auth-type": "nothing"},
    {"agent-inject": "false", "agent-run-as-sidecar": "false", **SECRET},
]


@pytest.mark.parametrize("annotations", UNCHANGED)
def test_a_pod_without_exec_mode_or_already_served_is_unchanged_without_warnings(
    served: Served, annotations: dict[str, str]
) -> None:
    response = served.review("pods", pod(named(annotations), APP))
    assert response == {"uid": response["uid"], "allowed": True}


def test_a_refusal_names_all_problems_of_both_families(served: Served) -> None:
    bad = {**SEED, "auth-type": "oci", "agent-inject-containers": "api,x", "tls-server-name": "a b"}
    annotations = {**named(bad), **ours(run_as_user="me")}
    response = served.review(
        "pods", pod(annotations, APP, {**REFERRING, "env": [{"name": "P", "value": "vault:x"}]})
    )
    message = response["status"]["message"]
    assert not response["allowed"]
    for part in ("auth-type", "no container x", "tls-server-name", "run-as-user", "variable P"):
        assert part in message


def test_exec_mode_that_serves_nobody_is_refused(served: Served) -> None:
    response = served.review("pods", pod(named({**SEED, "agent-inject-containers": "x"}), APP))
    assert "the pod has no container x" in response["status"]["message"]


def test_the_path_policy_holds_for_annotated_paths() -> None:
    strict = Served(VAULT_PATH_POLICY="secret/data/{namespace}")
    response = strict.review("pods", pod(named(SEED), APP))
    assert "agent-inject-secret-config.env: path secret/data/api is outside" in response["status"]["message"]
    assert (
        "agent-inject-template-config.env: path secret/data/api is outside" in response["status"]["message"]
    )
    own = {key: text.replace("secret/data/api", "secret/data/shop/api") for key, text in SEED.items()}
    assert strict.review("pods", pod(named(own), APP))["allowed"]


def test_a_container_without_a_command_needs_its_image(served: Served) -> None:
    annotations = {key: text for key, text in SEED.items() if key != "agent-exec-command"}
    response = served.review("pods", pod(named(annotations), APP))
    assert not response["allowed"]
    assert "container api" in response["status"]["message"]


def test_the_opt_out_holds_for_both_families(served: Served) -> None:
    response = served.review("pods", pod({**named({**SEED, "auth-type": "oci"}), **ours(mutate="skip")}, APP))
    assert response == {"uid": response["uid"], "allowed": True}


TLS = st.sampled_from(
    [
        {},
        {"tls-secret": "ca", "ca-cert": "/vault/tls/ca.crt"},
        {"tls-secret": "ca"},
        {"ca-cert": "/etc/ca.crt"},
    ]
)
ANNOTATIONS = st.fixed_dictionaries(
    {key: st.just(text) for key, text in (GATE | SECRET).items()},
    optional={
        "agent-exec-command": st.sampled_from(["/server", "/server --x 'a b' $(A)"]),
        "agent-inject-containers": st.just("app-0"),
        "agent-inject-template-config.env": st.sampled_from([TEMPLATE, "$$ $(A)"]),
        "agent-inject-secret-other": st.just("kv/other"),
        "role": st.just("api"),
        "log-level": st.just("debug"),
    },
)
OWN = st.sampled_from([ours(transit_key_id="key"), ours(transit_key_id="key", mutate_probes="true")])


@given(SPECS, ANNOTATIONS, TLS, OWN)
def test_a_first_review_brings_the_templates_and_a_second_one_changes_nothing(
    served: Served,
    spec: dict[str, Any],
    annotations: dict[str, str],
    tls: dict[str, str],
    own: dict[str, str],
) -> None:
    metadata = {"annotations": {**named({**annotations, **tls}), **own}}
    document = json.loads(json.dumps({"metadata": metadata, "spec": spec}))
    once = patched(document, served.review("pods", document))
    assert "VAULT_ENV_TEMPLATES" in str(once["spec"])
    assert "patch" not in served.review("pods", once)


SHELL = {"name": "debugger", "image": "busybox", "command": ["sh"]}
REFERRING_SHELL = {**SHELL, "env": [{"name": "P", "value": "vault:secret/data/api#p"}]}
ACCOUNT = {"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}


def debugged(
    served: Served, debugger: dict[str, Any], annotations: dict[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the response to `kubectl debug` on a running pod of exec mode, and the changed container."""
    document = pod(named(SEED) | (annotations or {}), {**APP, "volumeMounts": [ACCOUNT]})
    document["spec"]["volumes"] = [{"name": "token", "projected": {}}]
    old = patched(document, served.review("pods", document))
    new = {**old, "spec": {**old["spec"], "ephemeralContainers": [debugger]}}
    body = review_of(
        object=new,
        oldObject=old,
        namespace="shop",
        subResource="ephemeralcontainers",
        operation="UPDATE",
    )
    response = json.loads(served.client.post("/pods", data=body).data)["response"]
    (container,) = patched(new, response)["spec"]["ephemeralContainers"]
    return response, container


def test_a_debug_container_without_references_is_unchanged(served: Served) -> None:
    response, container = debugged(served, SHELL)
    assert container == SHELL
    assert "warnings" not in response


def test_references_of_a_container_for_debugging_have_the_login_of_the_pod_and_no_templates(
    served: Served,
) -> None:
    response, container = debugged(served, REFERRING_SHELL)
    variables = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert [*container["command"], *container["args"]] == ["/vault/vault-env", "sh"]
    assert variables["VAULT_ROLE"] == "api"
    assert "VAULT_ENV_TEMPLATES" not in variables
    assert response["auditAnnotations"]["references"] == "debugger/P=secret/data/api"


def test_annotations_of_ours_name_the_login_of_a_container_for_debugging(served: Served) -> None:
    _, container = debugged(served, REFERRING_SHELL, ours(vault_role="debug"))
    assert {"name": "VAULT_ROLE", "value": "debug"} in container["env"]
