"""Objects are read as their ServiceAccount only for a user with the right to act as it."""

from typing import Any

import pytest

from tests.webhook.admission.deciding import decided
from vaultkube.apiserver.access import Right
from vaultkube.deadline import Deadline
from vaultkube.errors import MissingRight, VaultUnavailable
from vaultkube.vault.login import Resolution
from webhook.admission.admission import Admission
from webhook.admission.needs import AccessReview
from webhook.admission.review import AdmissionRequest, Decision
from webhook.config.annotation_keys import PREFIX
from webhook.config.annotations import read_defaults
from webhook.config.settings import read_settings

BOB = {"username": "bob", "uid": "7", "groups": ["devs", "system:authenticated"], "extra": {"scopes": ["a"]}}
PODS = Right("create", "pods", "shop")
TOKEN = Right("create", "serviceaccounts", "shop", "token", "reader")


class NoServices:
    """No client, because a decision with given facts needs none."""

    own_namespace = "vault-webhook"
    default_pull_secrets = ()


def object_of(resource: str, text: str) -> Any:
    metadata = {"name": "c", "annotations": {PREFIX + "vault-serviceaccount": "reader"}}
    field = {"configmaps": "data", "secrets": "stringData", "objects": "spec"}[resource]
    return {"metadata": metadata, field: {"k": text}}


def decide(
    facts: dict[type, Any],
    *,
    resource: str = "configmaps",
    text: str = "vault:a/b#c",
    user: dict[str, Any] = BOB,
    dry_run: bool = False,
    operation: str = "CREATE",
    before: str | None = None,
    **operator: str,
) -> tuple[Decision, list[Any]]:
    environ = {"VAULT_ADDR": "https://vault.example.com", "VAULT_ENV_IMAGE": "vault-env:1", **operator}
    admission = Admission(read_settings(environ), read_defaults(environ), NoServices())  # type: ignore[arg-type]
    content = object_of(resource, text)
    old_object = None if before is None else object_of(resource, before)
    request = AdmissionRequest(
        "u", "", "shop", "c", operation, "", content, old_object, dry_run=dry_run, user_info=user
    )
    return decided(admission.begin(resource, request, Deadline(5)), facts)


def answers(allowed: bool, name: str = "k") -> dict[type, Any]:
    return {AccessReview: allowed, Resolution: {name: b"s3cr3t"}}


@pytest.mark.parametrize("resource", ["secrets", "configmaps", "objects"])
@pytest.mark.parametrize("operation", ["CREATE", "UPDATE"])
@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(("check", "right"), [("pods", PODS), ("token", TOKEN)])
def test_a_user_without_the_right_is_refused_before_vault_is_read(
    resource: str, operation: str, dry_run: bool, check: str, right: Right
) -> None:
    decision, needs = decide(
        answers(allowed=False),
        resource=resource,
        operation=operation,
        dry_run=dry_run,
        OBJECT_IDENTITY_CHECK=check,
    )
    assert needs == [AccessReview(BOB, right)]
    assert (decision.patch, decision.status.code) == ((), 403)
    for words in ("user 'bob'", str(right), "ServiceAccount reader", f"OBJECT_IDENTITY_CHECK is {check}"):
        assert words in decision.refusal


def test_a_user_with_the_right_has_the_object_resolved_after_the_access_review() -> None:
    decision, needs = decide(answers(allowed=True))
    assert [type(need) for need in needs] == [AccessReview, Resolution]
    assert decision.patch[0]["value"] == "s3cr3t"


def test_the_default_check_is_the_right_to_create_pods() -> None:
    assert (
        decide(answers(allowed=False))[1] == decide(answers(allowed=False), OBJECT_IDENTITY_CHECK="pods")[1]
    )


CONTROLLERS = {
    "Argo CD": "system:serviceaccount:argocd:argocd-application-controller",
    "Flux": "system:serviceaccount:flux-system:kustomize-controller",
    "garbage collector": "system:serviceaccount:kube-system:generic-garbage-collector",
    "namespace controller": "system:serviceaccount:kube-system:namespace-controller",
    "control plane": "system:kube-controller-manager",
}


@pytest.mark.parametrize("resource", ["secrets", "configmaps", "objects"])
@pytest.mark.parametrize("controller", CONTROLLERS.values(), ids=CONTROLLERS)
def test_a_controller_needs_the_same_right_as_a_person(controller: str, resource: str) -> None:
    user = {"username": controller, "groups": ["system:authenticated"]}
    decision, needs = decide(answers(allowed=False), resource=resource, user=user)
    assert needs == [AccessReview(user, PODS)]
    assert controller in decision.refusal
    name = "/spec/k" if resource == "objects" else "k"
    decision, _ = decide(answers(allowed=True, name=name), resource=resource, user=user)
    assert decision.patch[0]["value"] == "s3cr3t"


@pytest.mark.parametrize("resource", ["secrets", "configmaps", "objects"])
def test_an_update_that_keeps_the_references_is_admitted_without_reading_vault(resource: str) -> None:
    decision, needs = decide(
        answers(allowed=False), resource=resource, operation="UPDATE", before="vault:a/b#c"
    )
    assert needs == [AccessReview(BOB, PODS)]
    assert (decision.refusal, decision.patch) == ("", ())
    assert "its references stay" in decision.warnings[-1]


@pytest.mark.parametrize("resource", ["secrets", "configmaps", "objects"])
@pytest.mark.parametrize(
    ("text", "facts", "operator"),
    [
        ("vault:a/data/other#c", {}, {"VAULT_PATH_POLICY": "a/data/x", "VAULT_PATH_POLICY_MODE": "enforce"}),
        ("vault:v1:YQ==", {}, {}),
        ("${vault:a}", {}, {}),
        ("vault:a/b#c", {AccessReview: True, Resolution: VaultUnavailable("Vault is away")}, {}),
    ],
    ids=["policy", "transit", "malformed", "outage"],
)
def test_nor_is_one_of_an_object_with_which_something_else_is_wrong(
    resource: str, text: str, facts: dict[type, Any], operator: dict[str, Any]
) -> None:
    """The garbage collector takes owners away of what was stored before the webhook, or its policy, was there."""
    refused, _ = decide(facts, resource=resource, text=text, operation="UPDATE", before="plain", **operator)
    assert refused.refusal
    decision, _ = decide(facts, resource=resource, text=text, operation="UPDATE", before=text, **operator)
    assert (decision.refusal, decision.patch) == ("", ())
    reason = refused.refusal.removeprefix("could not mutate object: ")
    assert decision.warnings == [f"its references stay, and this update leaves them alone: {reason}"]


@pytest.mark.parametrize("resource", ["secrets", "configmaps", "objects"])
def test_an_update_that_brings_references_is_refused(resource: str) -> None:
    decision, _ = decide(answers(allowed=False), resource=resource, operation="UPDATE", before="s3cr3t")
    assert "may not create pods" in decision.refusal


@pytest.mark.parametrize("resource", ["secrets", "configmaps", "objects"])
def test_a_path_outside_of_the_policy_is_refused_without_any_request(resource: str) -> None:
    policy = {"VAULT_PATH_POLICY": "a/data/${namespace}", "VAULT_PATH_POLICY_MODE": "enforce"}
    decision, needs = decide({}, resource=resource, text="vault:a/data/other#c", **policy)
    assert needs == []
    assert "a/data/other" in decision.refusal


def test_a_check_switched_off_reviews_no_access() -> None:
    decision, needs = decide(answers(allowed=False), OBJECT_IDENTITY_CHECK="off")
    assert [type(need) for need in needs] == [Resolution]
    assert not decision.refusal


def test_an_object_without_references_needs_no_request() -> None:
    assert decide({}, text="plain") == (Decision(warnings=()), [])


def test_a_dry_run_that_reads_nothing_is_refused_as_the_real_one_will_be() -> None:
    decision, needs = decide(answers(allowed=False), text=">>vault:a/b#c#{}", dry_run=True)
    assert needs == [AccessReview(BOB, PODS)]
    assert decision.refusal


@pytest.mark.parametrize("name", ["\x1b[2Jbob", "b" * 5000, ""])
def test_a_users_name_does_not_spoil_the_message(name: str) -> None:
    refusal = decide(answers(allowed=False), user={"username": name})[0].refusal
    assert refusal.isprintable()
    assert len(refusal) < 600


def test_the_webhooks_own_missing_right_is_the_refusal() -> None:
    error = MissingRight("the webhook's ServiceAccount may not create subjectaccessreviews")
    decision, _ = decide({AccessReview: error})
    assert (decision.status.code, decision.status.outcome) == (403, "refused")
    assert "may not create subjectaccessreviews" in decision.refusal
