"""Containers without a reference that may get one after the pod's admission."""

from typing import Any

import pytest

from tests.webhook.pods.specs import (
    CONFIG_MAP,
    config_of,
    container,
    mutate,
    part_of,
    referring,
    spec_of,
)
from vaultkube.problem import messages
from webhook.pods.command_line import find_unfit
from webhook.pods.ephemeral import mutate_ephemeral, plan_ephemeral
from webhook.pods.facts import Facts, Source, Values
from webhook.pods.paths import find_requested_paths
from webhook.pods.pod import mutate_pod_spec, plan_pod
from webhook.registry.query import ImageConfig

LAUNCHER = ["/vault/vault-env"]


def key_of(kind: str, **fields: Any) -> dict[str, Any]:
    return {"env": [{"name": "X", "valueFrom": {kind: {"name": "settings", "key": "k", **fields}}}]}


FROM_MAP: dict[str, Any] = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
FILE = {"volumeName": "v", "path": "made.env", "key": "k"}
FROM_FILE = {"env": [{"name": "X", "valueFrom": {"fileKeyRef": FILE}}]}
MISSING: list[dict[str, Any]] = [
    FROM_MAP,
    {"envFrom": [{"secretRef": {"name": "settings", "optional": True}}]},
    key_of("configMapKeyRef"),
    key_of("secretKeyRef", optional=True),
    FROM_FILE,
]
PLAIN: dict[Source, Values] = {CONFIG_MAP: {"k": b"text"}}


@pytest.mark.parametrize("fields", MISSING)
def test_a_container_with_a_missing_source_gets_the_launcher_without_a_warning(
    fields: dict[str, Any],
) -> None:
    new, problems, plan = mutate(spec_of(container(**fields)))
    assert (new["containers"][0]["command"], new["containers"][0]["args"]) == (LAUNCHER, ["/app"])
    assert (problems, plan.problems, plan.warnings, plan.references()) == ((), (), (), 0)


def test_an_optional_key_that_is_missing_counts_though_its_source_is_there() -> None:
    spec = spec_of(container(**key_of("configMapKeyRef", key="other", optional=True)))
    assert mutate(spec, sources=PLAIN)[0]["containers"][0]["command"] == LAUNCHER


@pytest.mark.parametrize("fields", MISSING)
def test_an_ordinary_pod_needs_no_registry_and_has_a_warning(
    fields: dict[str, Any],
) -> None:
    spec = spec_of({"name": "app", "image": "app:1", **fields})
    new, _, plan = mutate(spec)
    assert (new, plan.images) == (spec, {})
    (warning,) = plan.warnings
    assert (warning.rule, warning.path) == ("source-missing", ("spec", "containers", 0))
    assert warning.message.endswith("it starts with their values at that time: create them first")


def test_the_warning_names_each_missing_source_once() -> None:
    keys = [*key_of("secretKeyRef")["env"], *key_of("secretKeyRef")["env"], *FROM_FILE["env"]]
    spec = spec_of({"name": "app", "image": "app:1", "env": keys, **FROM_MAP})
    (message,) = messages(mutate(spec)[2].warnings)
    named = "ConfigMap settings, key k of Secret settings, key k of file made.env"
    assert message.startswith(f"container app: not there yet: {named}; ")


@pytest.mark.parametrize("fields", MISSING)
def test_the_image_is_read_for_a_missing_source_in_an_annotated_pod(
    fields: dict[str, Any],
) -> None:
    spec = spec_of({"name": "app", "image": "app:1", **fields})
    plan = plan_pod(spec, config_of(vault_role="app"), {})
    assert plan.images == {("containers", 0): "app:1"}


def test_a_source_that_may_change_counts_only_in_an_annotated_or_referring_pod() -> None:
    spec = spec_of(container(**FROM_MAP))
    assert mutate(spec, sources=PLAIN)[0] == spec
    assert mutate(spec, config_of(vault_role="app"), PLAIN)[0]["containers"][0]["command"] == LAUNCHER
    beside = mutate(spec_of(referring(name="first"), container(**FROM_MAP)), sources=PLAIN)[0]
    assert [each["command"] for each in beside["containers"]] == [LAUNCHER, LAUNCHER]


def test_a_source_that_may_change_causes_no_request_to_the_registry() -> None:
    spec = spec_of({"name": "app", "image": "app:1", **FROM_MAP})
    new, _, plan = mutate(spec, config_of(vault_role="app"), PLAIN)
    assert (new, plan.warnings) == (spec, ())


def test_a_program_with_variables_of_vault_keeps_them() -> None:
    own = {"name": "VAULT_API_ADDR", "value": "https://$(POD_IP):8200"}
    spec = spec_of(container(env=[own], **FROM_MAP))
    new, _, plan = mutate(spec)
    assert new == spec
    assert len(plan.warnings) == 1
    assert mutate(spec, config_of(vault_role="app"), PLAIN)[0] == spec
    assert mutate(spec, config_of(vault_role="app"))[0]["containers"][0]["command"] == LAUNCHER


def test_a_program_with_variables_of_vault_by_env_from_keeps_them() -> None:
    spec = spec_of(container(**key_of("secretKeyRef"), **FROM_MAP))
    assert mutate(spec, sources={CONFIG_MAP: {"VAULT_ADDR": b"https://vault"}})[0] == spec
    assert mutate(spec, sources={CONFIG_MAP: {"HTTP_PROXY": b"http://proxy"}})[0] != spec


def test_a_pod_without_any_source_is_unchanged_whatever_its_annotations() -> None:
    spec = spec_of(container())
    assert mutate(spec, config_of(vault_role="app"))[0] == spec


@pytest.mark.parametrize(
    "fields",
    [
        {"volumes": [{"name": "vault-env", "secret": {"secretName": "own"}}]},
        {"initContainers": [{"name": "copy-vault-env", "command": ["/own"]}]},
    ],
)
def test_a_pod_that_the_launcher_does_not_fit_is_not_refused_for_a_suspicion(fields: dict[str, Any]) -> None:
    spec = spec_of(container(**FROM_MAP), **fields)
    new, _, plan = mutate(spec)
    assert (new, plan.problems) == (spec, ())
    assert [warning.rule for warning in plan.warnings] == ["source-missing"]


def test_a_container_that_the_launcher_does_not_fit_is_not_refused_for_a_suspicion() -> None:
    mounts = [{"name": "data", "mountPath": "/vault"}]
    spec = spec_of(container(volumeMounts=mounts, **FROM_MAP))
    new, _, plan = mutate(spec)
    assert (new, plan.problems) == (spec, ())
    (message,) = messages(plan.warnings)
    assert "mounts volume data at /vault" in message


def test_a_windows_pod_is_unchanged_without_a_warning() -> None:
    spec = spec_of(container(**FROM_MAP), os={"name": "windows"})
    new, _, plan = mutate(spec)
    assert (new, plan.warnings) == (spec, ())


def test_no_token_is_demanded_for_a_suspicion() -> None:
    spec = spec_of(container(**FROM_MAP), automountServiceAccountToken=False)
    assert mutate(spec)[2].warnings == ()


def test_a_second_review_adds_nothing() -> None:
    other = container(name="other", envFrom=[{"configMapRef": {"name": "late"}}])
    once, _, plan = mutate(spec_of(other, container(**FROM_MAP)), sources=PLAIN)
    assert plan.precautions == {("containers", 0)}
    assert mutate(once, sources=PLAIN)[0] == once


def test_a_launcher_that_reads_a_path_of_the_containers_own_logs_in() -> None:
    own = {"name": "VAULT_ENV_FROM_PATH", "value": "secret/data/app"}
    config = config_of(vault_role="app")
    plan = plan_pod(spec_of(container(env=[own], **FROM_MAP)), config, {})
    assert (plan.precautions, list(plan.logging_in())) == ({("containers", 0)}, [("containers", 0)])
    assert not plan_pod(spec_of(container(**FROM_MAP)), config, {}).logging_in()


def test_the_policy_refuses_a_file_and_nothing_else_that_is_missing() -> None:
    fields = {"env": [*key_of("secretKeyRef")["env"], {**FROM_FILE["env"][0], "name": "F"}], **FROM_MAP}
    spec = spec_of(container(**fields))
    plan = mutate(spec)[2]
    (found,) = find_requested_paths(spec, plan, config_of(), "")
    assert (found.where, found.path) == ("container app: variable F", None)


@pytest.mark.parametrize(
    ("image", "unread", "reason"),
    [
        (ImageConfig((), (), ""), "", "image app:1 has no entry point and no command; set `command` in"),
        (ImageConfig(("/app",), (), "", os="windows"), "", "image app:1 is for Windows"),
        (None, "cannot fetch image descriptor", "cannot fetch image descriptor"),
    ],
)
def test_a_container_whose_image_does_not_allow_it_is_left_with_a_warning(
    image: ImageConfig | None, unread: str, reason: str
) -> None:
    late = {"name": "late", "image": "app:1", **FROM_MAP}
    spec, config = spec_of(referring(name="first"), late), config_of()
    part = part_of(plan_pod(spec, config, {}), config)
    facts = Facts(images={"app:1": image} if image else {})
    unfit = find_unfit(spec, [part], facts, {("containers", 1): unread})
    (message,) = messages(unfit["containers", 1])
    assert message.startswith(
        "container late: not there yet: ConfigMap settings; it starts with their values"
    )
    assert reason in message
    new, problems = mutate_pod_spec(spec, [part.without(unfit)], facts)
    assert [each.get("command") for each in new["containers"]] == [LAUNCHER, None]
    assert problems == ()


def test_a_secret_of_the_operators_choice_need_not_be_there_for_a_suspicion() -> None:
    config = config_of(vault_tls_secret="vault-ca")
    volumes = {
        name: {volume["name"]: volume for volume in mutate(spec, config)[0]["volumes"]}
        for name, spec in {"late": spec_of(container(**FROM_MAP)), "now": spec_of(referring())}.items()
    }
    assert volumes["late"]["vault-env-tls"]["secret"]["optional"] is True
    assert "optional" not in volumes["now"]["vault-env-tls"]["secret"]
    once = mutate(spec_of(container(**FROM_MAP)), config)[0]
    assert mutate(once, config)[0] == once


@pytest.mark.parametrize("volumes", [[], [{"name": "vault-env", "emptyDir": {}}]])
def test_a_debug_container_gets_the_launcher_where_its_pod_has_it(volumes: list[dict[str, Any]]) -> None:
    old = spec_of(container(), volumes=volumes)
    spec = {**old, "ephemeralContainers": [container(name="debug", **FROM_MAP)]}
    config = config_of()
    plan = plan_ephemeral(spec, old, config, {})
    new, _ = mutate_ephemeral(spec, [part_of(plan, config)], Facts())
    assert plan.problems == ()
    assert (new["ephemeralContainers"][0]["command"] == LAUNCHER) == bool(volumes)
    assert [warning.rule for warning in plan.warnings] == ([] if volumes else ["source-missing"])
