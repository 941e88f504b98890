"""Pods refused because they contradict the webhook's additions."""

from typing import Any

import pytest

from tests.webhook.pods.specs import (
    CIPHERTEXT,
    SECRET,
    config_of,
    container,
    mutate,
    part_of,
    referring,
    spec_of,
)
from vaultkube.problem import messages
from webhook.config.annotation_keys import PREFIX
from webhook.pods.facts import Facts
from webhook.pods.pod import mutate_pod_spec, plan_pod
from webhook.registry.query import ImageConfig


@pytest.mark.parametrize("key", ["initContainers", "containers"])
def test_another_container_with_the_name_of_ours_is_a_problem(key: str) -> None:
    own = referring(name="copy-vault-env")
    spec = {**spec_of(container()), key: [own]}
    assert messages(mutate(spec)[2].problems) == (
        "container copy-vault-env of the pod has the name of the webhook's; rename it",
    )


def test_two_containers_of_one_name_are_a_problem_and_no_missing_image() -> None:
    first = referring(name="app", image="one:1", command=None)
    second = referring(name="app", image="two:1", command=None)
    plan = plan_pod({"containers": [first, second]}, config_of(), {})
    assert (
        "container app: another container of the pod has this name, which Kubernetes refuses; rename one of them"
        in (messages(plan.problems))
    )


def test_a_token_file_and_an_audience_together_are_a_problem() -> None:
    config = config_of(vault_jwt_file="/tokens/vault", vault_token_audience="x")
    assert "set one of them" in messages(mutate(spec_of(referring()), config)[2].problems)[0]


def test_a_vault_token_in_a_volume_that_is_not_there_is_a_problem() -> None:
    plan = mutate(spec_of(referring()), config_of(token_auth_mount="tokens:vault-token"))[2]
    assert messages(plan.problems) == (
        "annotation token-auth-mount: the pod has no volume tokens; add it or correct the name",
    )


def test_a_mount_in_the_launchers_place_is_a_problem() -> None:
    spec = spec_of(referring(volumeMounts=[{"name": "data", "mountPath": "/vault/"}]))
    assert "mount it elsewhere" in messages(mutate(spec)[2].problems)[0]


@pytest.mark.parametrize(
    "volume",
    [
        {"name": "vault-env", "hostPath": {"path": "/"}},
        {"name": "vault-env-tls", "secret": {"secretName": "other"}},
        {"name": "vault-env-jwt", "projected": {"sources": []}},
    ],
)
def test_another_volume_with_the_name_of_ours_is_a_problem(volume: dict[str, Any]) -> None:
    config = config_of(vault_tls_secret="vault-ca", vault_token_audience="vault")
    (problem,) = messages(mutate(spec_of(referring(), volumes=[volume]), config)[2].problems)
    assert (
        problem
        == f"volume {volume['name']} of the pod has the name of a volume that the webhook adds; rename it"
    )


def test_each_problem_has_its_rule_and_leads_to_its_field() -> None:
    spec = spec_of(
        container(
            env=[{"name": "TOKEN", "value": "vault:login"}, {"name": "KEY", "value": CIPHERTEXT}],
            volumeMounts=[{"name": "ok", "mountPath": "/data"}, {"name": "data", "mountPath": "/vault"}],
        ),
        initContainers=[
            container(
                name="copy-vault-env",
                env=[{"name": "A", "value": "x"}, {"name": "B", "value": "vault:x"}],
                envFrom=[{"secretRef": {"name": "credentials"}}],
            )
        ],
        volumes=[{"name": "vault-env", "hostPath": {"path": "/"}}],
    )
    config = config_of(
        vault_env_from_path="vault:kv/a", vault_token_audience="vault", vault_jwt_file="/tokens/vault"
    )
    plan = mutate(spec, config, {SECRET: {"C": b"vault:x"}})[2]
    first, app = ("spec", "initContainers", 0), ("spec", "containers", 0)
    assert [(problem.rule, problem.path) for problem in plan.problems] == [
        ("from-path", ("metadata", "annotations", PREFIX + "vault-env-from-path")),
        ("from-path", ("metadata", "annotations", PREFIX + "vault-token-audience")),
        ("reference", (*first, "envFrom")),
        ("reference", (*first, "env", 1, "value")),
        ("reference", (*app, "env", 0, "value")),
        ("transit-key", (*app, "env", 1, "value")),
        ("mount", (*app, "volumeMounts", 1)),
        ("refused", first),
        ("volume", ("spec", "volumes")),
    ]


def test_a_problem_of_an_image_leads_to_it() -> None:
    config, spec = config_of(), spec_of(container(), referring(command=None, name="second"))
    plan = plan_pod(spec, config, {})
    facts = Facts(images={"app:1": ImageConfig((), (), "sha256:0")})
    (problem,) = mutate_pod_spec(spec, [part_of(plan, config)], facts)[1]
    assert (problem.rule, problem.path) == ("refused", ("spec", "containers", 1, "image"))
