"""Pull secrets for reading images: the pod's, its ServiceAccount's if the pod has none, and the operator's."""

import json
from typing import Any

import pytest

from tests.webhook.admission.deciding import decided
from vaultkube.errors import ImageNotRead, MissingRight, Refused
from webhook.admission.images import OperatorPullSecrets, find_images
from webhook.admission.needs import AccountPullSecrets, ImageConfigs, PullSecrets
from webhook.config.annotations import parse_config, read_defaults
from webhook.pods.pod import plan_pod
from webhook.registry.query import ImageConfig, ImageQuery, PullSecret

OPERATORS = OperatorPullSecrets((), "operators", "puller")
ACCOUNTS = {("operators", "puller"): "of-operators", ("tenants", "app"): "of-account"}
APP = {"name": "app", "image": "private.example.com/app:1", "env": [{"name": "P", "value": "vault:a/b#c"}]}


def spec_with(*own: str) -> dict[str, Any]:
    return {
        "serviceAccountName": "app",
        "containers": [APP],
        "imagePullSecrets": [{"name": name} for name in own],
    }


def account_secrets(need: AccountPullSecrets) -> list[tuple[str, str]]:
    return [(need.namespace, ACCOUNTS[need.namespace, need.account])]


def existing_secrets(need: PullSecrets) -> tuple[PullSecret, ...]:
    data = json.dumps({"auths": {}}).encode()
    return tuple(
        PullSecret(namespace, name, "kubernetes.io/dockerconfigjson", data)
        for namespace, name in need.names
        if name != "missing"
    )


def query_of(*own: str, operators: OperatorPullSecrets = OPERATORS) -> ImageQuery:
    """Return the query for the image of a pod with these pull secrets."""
    spec = spec_with(*own)
    config = parse_config({}, read_defaults({}))[0]
    steps = find_images(spec, "tenants", plan_pod(spec, config, {}), False, operators)
    facts = {
        AccountPullSecrets: account_secrets,
        PullSecrets: existing_secrets,
        ImageConfigs: {"private.example.com/app:1": ImageConfig(("/app",), (), "")},
    }
    _, needs = decided(steps, facts)
    (images,) = [need for need in needs if isinstance(need, ImageConfigs)]
    return images.queries["app"]


def names(query: ImageQuery) -> tuple[list[str], list[str]]:
    return [each.name for each in query.pull_secrets], [each.name for each in query.default_secrets]


def test_pull_secrets_of_the_pod_are_not_widened_by_its_service_account() -> None:
    assert names(query_of("of-pod", "missing")) == (["of-pod"], ["of-operators"])


def test_a_missing_pull_secret_is_named_in_the_query() -> None:
    assert query_of("of-pod", "missing").missing_secrets == ("missing",)


def test_pull_secrets_of_the_service_account_are_used_for_a_pod_without_any() -> None:
    assert names(query_of()) == (["of-account"], ["of-operators"])


def test_without_an_account_of_the_operator_only_its_secret_is_added() -> None:
    operators = OperatorPullSecrets((("operators", "default"),), "operators", "")
    assert names(query_of("of-pod", operators=operators)) == (["of-pod"], ["default"])


def test_a_pod_with_known_commands_needs_no_pull_secret() -> None:
    spec = {"containers": [{**APP, "command": ["/app"]}]}
    plan = plan_pod(spec, parse_config({}, read_defaults({}))[0], {})
    assert decided(find_images(spec, "tenants", plan, False, OPERATORS), {}) == (({}, {}), [])


def test_an_image_that_cannot_be_read_is_a_refusal() -> None:
    spec = spec_with("of-pod")
    plan = plan_pod(spec, parse_config({}, read_defaults({}))[0], {})
    facts = {
        AccountPullSecrets: account_secrets,
        PullSecrets: existing_secrets,
        ImageConfigs: ImageNotRead("cannot fetch image descriptor"),
    }
    with pytest.raises(ImageNotRead):
        decided(find_images(spec, "tenants", plan, False, OPERATORS), facts)


LATE = {"name": "late", "image": "other:1", "envFrom": [{"configMapRef": {"name": "late"}}]}


@pytest.mark.parametrize(
    "more",
    [
        {ImageConfigs: ImageNotRead("cannot fetch image descriptor")},
        {PullSecrets: MissingRight("may not get secrets")},
    ],
)
def test_for_a_precaution_no_pod_is_refused_and_the_reason_is_told(more: dict[type, Refused]) -> None:
    spec = {**spec_with("of-pod"), "containers": [{**APP, "command": ["/app"]}, LATE]}
    plan = plan_pod(spec, parse_config({}, read_defaults({}))[0], {})
    facts = {AccountPullSecrets: account_secrets, PullSecrets: existing_secrets, **more}
    (images, unread), _ = decided(find_images(spec, "tenants", plan, False, OPERATORS), facts)
    assert (images, unread) == ({}, {("containers", 1): str(next(iter(more.values())))})


def test_pull_secrets_are_read_once_for_a_pod_with_a_precaution_too() -> None:
    spec = {**spec_with("of-pod"), "containers": [APP, LATE]}
    plan = plan_pod(spec, parse_config({}, read_defaults({}))[0], {})
    facts = {
        AccountPullSecrets: account_secrets,
        PullSecrets: existing_secrets,
        ImageConfigs: lambda need: {
            query.image: ImageConfig(("/app",), (), "") for query in need.queries.values()
        },
    }
    (images, unread), needs = decided(find_images(spec, "tenants", plan, False, OPERATORS), facts)
    assert sorted(images) == ["other:1", "private.example.com/app:1"]
    assert not unread
    assert [type(need) for need in needs].count(PullSecrets) == 2, "the pod's, and the operator's"
