"""Requests in, answers out: never a 500, and nothing secret in an answer or the log."""

import base64
import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.webhook.admission.test_review import review_of
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, OutOfTime, RegistryUnavailable, VaultUnavailable
from vaultkube.vault.login import Resolution
from webhook.admission.admission import Admission, Services
from webhook.admission.needs import Steps
from webhook.admission.review import AdmissionRequest, Decision
from webhook.config.annotation_keys import PREFIX
from webhook.config.annotations import read_defaults
from webhook.config.settings import read_settings
from webhook.registry.query import ImageConfig, ImageQuery
from webhook.serving.app import BODY_LIMIT, create_app
from webhook.serving.reviewer import REVIEWER

OPERATOR = {
    "VAULT_ADDR": "https://vault.example.com",
    "VAULT_ENV_IMAGE": "vault-env:1",
    "OBJECT_IDENTITY_CHECK": "off",
}


class NoMetrics:
    """Counts outcomes without prometheus_client, whose registry is the process's."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, str]] = []

    def review(self, resource: str, outcome: str, seconds: float) -> None:
        self.outcomes.append((resource, outcome))


class DownCluster:
    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        raise ClusterUnavailable(f"the API server did not answer for {kind} {namespace}/{name}; try again")

    def ready(self, deadline: Deadline) -> bool:
        return False


class DownRegistry:
    def fetch(self, query: ImageQuery, deadline: Deadline) -> ImageConfig:
        raise RegistryUnavailable(f"cannot fetch image descriptor: {query.image}: UNAVAILABLE")


class BrokenVault:
    def resolve(self, resolution: Resolution, deadline: Deadline) -> dict[str, bytes | None]:
        raise RuntimeError("hunter2")


class EmptyVault(BrokenVault):
    def resolve(self, resolution: Resolution, deadline: Deadline) -> dict[str, bytes | None]:
        return dict.fromkeys(resolution.values)


class EchoingVault(BrokenVault):
    def resolve(self, resolution: Resolution, deadline: Deadline) -> dict[str, bytes | None]:
        return {key: b"vault:a/b#hunter2" if key.endswith("again") else b"text" for key in resolution.values}


class SealedVault(BrokenVault):
    def resolve(self, resolution: Resolution, deadline: Deadline) -> dict[str, bytes | None]:
        raise VaultUnavailable("failed to request new Vault token: Vault is sealed")


class SlowVault(BrokenVault):
    def resolve(self, resolution: Resolution, deadline: Deadline) -> dict[str, bytes | None]:
        raise OutOfTime("there is too much in it")


class Served:
    def __init__(self, admission: Any = None, vault: Any = None, **operator: str) -> None:
        self.metrics = NoMetrics()
        services = Services(DownCluster(), DownRegistry(), vault or BrokenVault(), "vault-webhook")
        environ = {**OPERATOR, **operator}
        admission = admission or Admission(read_settings(environ), read_defaults(environ), services)
        app = create_app(admission, self.metrics, budget_s=5)  # type: ignore[arg-type]
        self.client: FlaskClient = app.test_client()

    def review(self, resource: str, document: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.client.post(f"/{resource}", data=review_of(object=document, namespace="shop"))
        assert answer.status_code == 200
        response: dict[str, Any] = json.loads(answer.data)["response"]
        return response


@pytest.fixture
def served() -> Served:
    return Served()


def pod(*containers: dict[str, Any], **annotations: str) -> dict[str, Any]:
    named = {PREFIX + key.replace("_", "-"): text for key, text in annotations.items()}
    return {"metadata": {"name": "p", "annotations": named}, "spec": {"containers": list(containers)}}


REFERRING = {
    "name": "app",
    "image": "app:1",
    "command": ["/app"],
    "env": [{"name": "P", "value": "vault:a/b#c"}],
}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"request":{}}'])
def test_a_body_without_a_review_is_answered_400(served: Served, body: bytes) -> None:
    answer = served.client.post("/pods", data=body)
    assert answer.status_code == 400
    assert served.metrics.outcomes == [("pods", "invalid")]


def test_a_body_over_the_limit_is_answered_413(served: Served) -> None:
    assert served.client.post("/pods", data=b"x" * (BODY_LIMIT + 1)).status_code == 413


def test_other_paths_and_methods_are_none_of_ours(served: Served) -> None:
    assert served.client.post("/nodes", data=b"{}").status_code == 404
    assert served.client.get("/pods").status_code == 405


def test_the_injectors_path_is_answered_as_that_of_pods(served: Served) -> None:
    at_ours, at_the_injectors = (served.review(path, pod(REFERRING)) for path in ("pods", "mutate"))
    assert at_ours == at_the_injectors
    assert served.metrics.outcomes == [("pods", "changed")] * 2


def test_one_line_is_logged_for_a_review(served: Served, log: io.StringIO) -> None:
    assert served.review("pods", pod(REFERRING))["allowed"]
    (line,) = log.getvalue().splitlines()
    fields = json.loads(line)
    assert {
        key: fields[key] for key in ("uid", "resource", "namespace", "name", "outcome", "references")
    } == {
        "uid": "u-1",
        "resource": "pods",
        "namespace": "shop",
        "name": "p",
        "outcome": "changed",
        "references": 1,
    }
    assert served.metrics.outcomes == [("pods", "changed")]


def test_an_annotation_skips_the_object_before_anything_else_is_read(served: Served) -> None:
    document = pod(REFERRING, mutate="skip", vault_addr="nonsense", run_as_user="me")
    assert served.review("pods", document) == {"uid": "u-1", "allowed": True}


def test_a_forbidden_address_is_refused(served: Served) -> None:
    response = served.review("pods", pod(REFERRING, vault_addr="https://evil.example.com"))
    assert not response["allowed"]
    assert "VAULT_ADDR_ALLOWLIST" in response["status"]["message"]


def test_references_go_to_the_audit_log_by_path_only(served: Served) -> None:
    env = [
        {"name": "P", "value": "secret-text ${vault:a//b#c#1?hunter2}"},
        {"name": "Q", "value": "vault:a/$(KUBERNETES_PORT)#c"},
    ]
    response = served.review("pods", pod({**REFERRING, "env": env}, vault_env_from_path="kv/a#2,kv/b"))
    assert response["auditAnnotations"] == {"references": "app/P=a/b, app/Q=?, app/*=kv/a, app/*=kv/b"}


def test_all_problems_of_a_pod_are_answered_at_once(served: Served) -> None:
    bad = {**REFERRING, "env": [{"name": "A", "value": "vault:a"}, {"name": "B", "value": "vault:b#c#x"}]}
    document = pod(
        bad, vault_agent_configmap="c", vault_ct_configmap="d", run_as_user="me", vault_role="{{ .nosuch }}"
    )
    message = served.review("pods", document)["status"]["message"]
    for word in ("vault-agent-configmap", "run-as-user", "nosuch", "variable A", "variable B"):
        assert word in message


def test_of_more_problems_than_anyone_reads_the_rest_is_counted(served: Served, log: io.StringIO) -> None:
    env = [{"name": f"V{number}", "value": "vault:a/b"} for number in range(5000)]
    message = served.review("pods", pod({**REFERRING, "env": env}))["status"]["message"]
    assert "variable V0" in message
    assert len(message) < 17_000
    assert message.endswith("more characters)")
    assert len(log.getvalue()) < 20_000


def test_of_more_warnings_than_a_log_bears_the_rest_is_counted(served: Served, log: io.StringIO) -> None:
    unknown = {f"vault_{'x' * 80}{number}": "" for number in range(2000)}
    assert len(served.review("pods", pod(REFERRING, **unknown))["warnings"]) == 10
    fields = json.loads(log.getvalue())
    assert fields["warnings"][-1] == "1900 more"
    assert len(log.getvalue()) < 120_000


def test_long_names_do_not_flood_the_log(served: Served, log: io.StringIO) -> None:
    long = "x" * 100_000
    document = {"metadata": {"name": long}, "spec": {"containers": []}}
    body = review_of(object=document, namespace=long, uid=long, operation=long)
    assert json.loads(served.client.post("/pods", data=body).data)["response"]["uid"] == long
    assert len(log.getvalue()) < 2_000


def test_all_problems_of_a_secret_are_answered_at_once(served: Served) -> None:
    document = {"metadata": {"name": "s"}, "stringData": {"a": "vault:a", "b": "vault:v1:aGVsbG8="}}
    message = served.review("secrets", document)["status"]["message"]
    for word in ("vault-serviceaccount", "key a: ", "key b: "):
        assert word in message


def test_an_ignored_missing_path_leaves_the_reference_with_a_warning() -> None:
    annotations = {
        PREFIX + "vault-serviceaccount": "default",
        PREFIX + "vault-ignore-missing-secrets": "true",
    }
    document = {"metadata": {"name": "s", "annotations": annotations}, "stringData": {"a": "vault:a#k"}}
    response = Served(vault=EmptyVault()).review("secrets", document)
    assert "patch" not in response
    assert response["warnings"] == ["a keeps its reference: its path is missing"]


def test_an_optional_reference_to_a_missing_path_stays_with_a_warning() -> None:
    annotations = {PREFIX + "vault-serviceaccount": "default"}
    document = {"metadata": {"name": "s", "annotations": annotations}, "stringData": {"a": "vault:a#k#?"}}
    response = Served(vault=EmptyVault()).review("secrets", document)
    assert "patch" not in response
    assert response["warnings"] == [
        "a keeps its reference, which is optional: its path, key or version is missing"
    ]


@pytest.mark.parametrize("resource", ["secrets", "configmaps"])
def test_an_annotation_for_pods_on_another_object_is_a_warning(served: Served, resource: str) -> None:
    key = PREFIX + "vault-env-from-path"
    response = served.review(resource, {"metadata": {"name": "c", "annotations": {key: "kv/data/app"}}})
    (warning,) = response["warnings"]
    assert warning.startswith(f"{key} has no effect on a ")


@pytest.mark.parametrize("resource", ["secrets", "configmaps", "objects"])
def test_a_resolved_value_that_the_next_update_would_resolve_again_is_a_warning(resource: str) -> None:
    field = {"configmaps": "data", "secrets": "stringData", "objects": "spec"}[resource]
    content = {
        "metadata": {"name": "c", "annotations": {PREFIX + "vault-serviceaccount": "reader"}},
        field: {"again": "vault:a/b#c", "once": "vault:a/b#d"},
    }
    (warning,) = Served(vault=EchoingVault()).review(resource, content)["warnings"]
    assert "again now holds text that has the form of a reference" in warning
    assert "hunter2" not in warning


def test_problems_are_reported_beside_an_api_server_that_does_not_answer(served: Served) -> None:
    needy = {**REFERRING, "envFrom": [{"secretRef": {"name": "s"}}]}
    message = served.review("pods", pod(needy, run_as_user="me"))["status"]["message"]
    assert "run-as-user" in message
    assert "the API server did not answer" in message


@pytest.mark.parametrize(
    "request_fields",
    [
        {"operation": "UPDATE"},
        {"operation": "UPDATE", "subResource": "status"},
        {"operation": "UPDATE", "subResource": "resize"},
        {"operation": "DELETE"},
        {"operation": "DELETE", "object": None},
        {"operation": "CONNECT", "subResource": "exec", "object": {"kind": "PodExecOptions"}},
    ],
)
def test_a_pod_that_runs_can_no_longer_be_changed(served: Served, request_fields: dict[str, Any]) -> None:
    body = review_of(**{"object": pod(REFERRING, run_as_user="me"), "namespace": "shop", **request_fields})
    assert json.loads(served.client.post("/pods", data=body).data)["response"] == {
        "uid": "u-1",
        "allowed": True,
    }


def test_an_object_being_deleted_is_admitted(served: Served) -> None:
    gone = {
        "name": "s",
        "deletionTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {PREFIX + "provider": "x"},
    }
    body = review_of(object={"metadata": gone, "stringData": {"k": "vault:a#b"}}, operation="UPDATE")
    assert json.loads(served.client.post("/secrets", data=body).data)["response"]["allowed"]


@pytest.mark.parametrize(
    ("annotations", "role"),
    [({}, "robot"), ({"vault_serviceaccount": "named"}, "named")],
)
def test_the_service_account_in_a_pods_role_is_its_own_unless_one_is_named(
    served: Served, annotations: dict[str, str], role: str
) -> None:
    document = pod(REFERRING, vault_role="{{ .serviceaccount }}", **annotations)
    document["spec"]["serviceAccountName"] = "robot"
    patch = json.loads(base64.b64decode(served.review("pods", document)["patch"]))
    assert {"name": "VAULT_ROLE", "value": role} in [operation["value"] for operation in patch]


def policy(mode: str) -> Served:
    return Served(VAULT_PATH_POLICY="kv/data/{namespace}", VAULT_PATH_POLICY_MODE=mode)


@pytest.mark.parametrize(
    ("resource", "document", "where"),
    [
        ("pods", pod(REFERRING), "container app: variable P: path a/b is outside"),
        ("pods", pod(REFERRING, vault_env_from_path="kv/data/shop,kv/data/c"), "path kv/data/c is outside"),
        (
            "secrets",
            {
                "metadata": {"name": "s", "annotations": {PREFIX + "vault-serviceaccount": "default"}},
                "stringData": {"k": "vault:kv/data/other#k"},
            },
            "key k: path kv/data/other is outside",
        ),
        (
            "configmaps",
            {
                "metadata": {"name": "c", "annotations": {PREFIX + "vault-serviceaccount": "default"}},
                "data": {"k": "x ${vault:kv/data/shop/%2e%2e/other#k}"},
            },
            "key k: path kv/data/shop/%2e%2e/other is outside",
        ),
    ],
)
def test_a_path_outside_of_the_namespaces_is_refused_with_the_rule(
    resource: str, document: dict[str, Any], where: str
) -> None:
    message = policy("enforce").review(resource, document)["status"]["message"]
    assert where in message
    assert "VAULT_PATH_POLICY lets namespace shop name kv/data/shop" in message


def debugging(reference: str, **annotations: str) -> dict[str, Any]:
    """Return the review of a container added to a running pod."""
    old = pod({**REFERRING, "command": ["/vault/vault-env"]}, **annotations)
    debugger = {**REFERRING, "name": "debugger", "env": [{"name": "P", "value": reference}]}
    new = {**old, "spec": {**old["spec"], "ephemeralContainers": [debugger]}}
    return {"object": new, "oldObject": old, "subResource": "ephemeralcontainers", "operation": "UPDATE"}


def test_an_added_container_is_decided_by_the_policy_too() -> None:
    body = review_of(namespace="shop", **debugging("vault:kv/data/other#k"))
    response = json.loads(policy("enforce").client.post("/pods", data=body).data)["response"]
    assert "container debugger: variable P: path kv/data/other is outside" in response["status"]["message"]
    assert "container app" not in response["status"]["message"]


def test_a_pod_that_would_be_refused_today_can_still_be_debugged(served: Served) -> None:
    body = review_of(namespace="shop", **debugging("plain", run_as_user="me", vault_agent="true"))
    assert json.loads(served.client.post("/pods", data=body).data)["response"] == {
        "uid": "u-1",
        "allowed": True,
    }


def test_a_policy_that_warns_lets_the_pod_have_its_launcher() -> None:
    response = policy("warn").review("pods", pod(REFERRING))
    assert (response["allowed"], response["patchType"]) == (True, "JSONPatch")
    assert "container app: variable P: path a/b is outside" in response["warnings"][0]


def test_a_path_of_the_namespace_is_let_through() -> None:
    own = {**REFERRING, "env": [{"name": "P", "value": "vault:kv/data/shop/app#c"}]}
    assert policy("enforce").review("pods", pod(own))["allowed"]


def test_an_api_server_that_does_not_answer_refuses_the_pod(served: Served) -> None:
    needy = {**REFERRING, "envFrom": [{"secretRef": {"name": "s"}}, {"configMapRef": {"name": "c"}}]}
    message = served.review("pods", pod(needy))["status"]["message"]
    assert message.startswith("could not mutate object: the API server did not answer for")


def test_a_registry_that_does_not_answer_refuses_the_pod(served: Served) -> None:
    message = served.review("pods", pod({**REFERRING, "command": []}))["status"]["message"]
    assert (
        message
        == "could not mutate object: cannot fetch image descriptor: app:1: UNAVAILABLE (container app)"
    )


def test_every_image_that_cannot_be_read_is_named_with_its_containers(served: Served) -> None:
    bare = {**REFERRING, "command": []}
    document = pod(bare, {**bare, "name": "same"}, {**bare, "name": "other", "image": "other:1"})
    message = served.review("pods", document)["status"]["message"]
    assert "app:1: UNAVAILABLE (container app, same)" in message
    assert "other:1: UNAVAILABLE (container other)" in message


def test_an_unexpected_error_is_a_refusal_without_details(served: Served, log: io.StringIO) -> None:
    document = {
        "metadata": {"name": "s", "annotations": {PREFIX + "vault-serviceaccount": "default"}},
        "data": {"key": "dmF1bHQ6YS9iI2M="},
    }
    response = served.review("secrets", document)
    assert not response["allowed"]
    assert "u-1" in response["status"]["message"]
    assert "RuntimeError" in log.getvalue()
    assert "hunter2" not in log.getvalue() + json.dumps(response)


def test_an_error_beyond_the_decision_is_logged_without_the_path_and_its_text(log: io.StringIO) -> None:
    def fails(_request: AdmissionRequest, _reason: str) -> None:
        raise RuntimeError("hunter2")

    served = Served()
    reviewer = served.client.application.extensions[REVIEWER]
    reviewer._on_refusal = fails
    answer = served.client.post(
        "/pods", data=review_of(object=pod(REFERRING, run_as_user="me"), namespace="shop")
    )
    assert answer.status_code == 500
    *_, line = map(json.loads, log.getvalue().splitlines())
    assert line["message"] == "failed to answer"
    assert line["error"].startswith("RuntimeError at ")
    assert "/pods" not in log.getvalue() and "hunter2" not in log.getvalue()


SECRET = {
    "metadata": {"name": "s", "annotations": {PREFIX + "vault-serviceaccount": "default"}},
    "stringData": {"key": "vault:a/b#c"},
}


@pytest.mark.parametrize(
    ("resource", "document", "vault", "status"),
    [
        ("pods", pod(REFERRING, run_as_user="me"), None, (403, "Forbidden", "refused")),
        ("pods", pod({**REFERRING, "command": []}), None, (503, "ServiceUnavailable", "unavailable")),
        (
            "pods",
            pod({**REFERRING, "envFrom": [{"secretRef": {"name": "s"}}]}),
            None,
            (503, "ServiceUnavailable", "unavailable"),
        ),
        ("secrets", SECRET, SealedVault(), (503, "ServiceUnavailable", "unavailable")),
        ("secrets", SECRET, SlowVault(), (504, "Timeout", "timeout")),
        ("secrets", SECRET, BrokenVault(), (500, "InternalError", "internal")),
    ],
)
def test_the_status_of_a_refusal_depends_on_its_cause(
    resource: str, document: dict[str, Any], vault: Any, status: tuple[int, str, str]
) -> None:
    served = Served(vault=vault)
    response = served.review(resource, document)
    (outcome,) = served.metrics.outcomes
    assert not response["allowed"]
    assert (response["status"]["code"], response["status"]["reason"], outcome[1]) == status


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"metadata": None, "spec": None},
        {"metadata": [], "spec": []},
        {"metadata": {"annotations": []}, "spec": {"containers": {}}},
        {"spec": {"containers": [None, 7, "x", {"env": 5, "envFrom": {}, "command": "x"}]}},
        {"data": [], "stringData": 5, "binaryData": {"x": 7}},
        {"data": {"x": None, ".dockerconfigjson": "e30="}},
    ],
)
@pytest.mark.parametrize("resource", ["pods", "secrets", "configmaps", "objects"])
def test_objects_of_no_known_shape_are_answered(
    served: Served, resource: str, document: dict[str, Any]
) -> None:
    assert served.review(resource, document)["uid"] == "u-1"


def test_health_is_answered_without_the_api_server(served: Served) -> None:
    assert served.client.get("/healthz").data == b"ok\n"
    assert served.client.get("/readyz").status_code == 503


class WatchingAdmission:
    def __init__(self) -> None:
        self.remaining_s = 0.0

    def begin(self, resource: str, request: AdmissionRequest, deadline: Deadline) -> Steps[Decision]:
        self.remaining_s = deadline.remaining_s()
        return Decision()
        yield

    def ready(self, deadline: Deadline) -> bool:
        return True


@pytest.mark.parametrize(
    ("query", "least_s", "most_s"),
    [("", 4, 5), ("?timeout=2s", 1, 1.6), ("?timeout=30s", 4, 5), ("?timeout=x", 4, 5)],
)
def test_the_deadline_is_shorter_than_the_callers_timeout(query: str, least_s: float, most_s: float) -> None:
    admission = WatchingAdmission()
    Served(admission).client.post(f"/pods{query}", data=review_of())
    assert least_s < admission.remaining_s <= most_s


@pytest.mark.parametrize(
    "containers", [[REFERRING], [{"name": "app", "image": "app:1", "command": ["/app"]}]]
)
def test_a_label_of_ours_is_a_warning(served: Served, containers: list[dict[str, Any]]) -> None:
    labelled = pod(*containers)
    labelled["metadata"]["labels"] = {PREFIX + "vault-role": "shop"}
    assert served.review("pods", labelled)["warnings"] == [
        f"label {PREFIX}vault-role has no effect: write it as an annotation, under metadata.annotations"
    ]


def test_a_refusal_for_want_of_an_identity_names_the_label_that_was_meant(served: Served) -> None:
    metadata = {"name": "s", "labels": {PREFIX + "vault-serviceaccount": "shop"}}
    response = served.review("secrets", {"metadata": metadata, "stringData": {"a": "vault:a/b#c"}})
    assert f"label {PREFIX}vault-serviceaccount has no effect" in response["status"]["message"]
