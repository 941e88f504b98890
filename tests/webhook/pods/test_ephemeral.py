"""Containers that `kubectl debug` adds to a running pod."""

import copy
from typing import Any

from tests.webhook.pods.specs import REFERENCE, config_of, container, mutate, part_of, referring, spec_of
from vaultkube.problem import messages
from webhook.config.annotations import Config
from webhook.pods.ephemeral import find_added, mutate_ephemeral, plan_ephemeral
from webhook.pods.facts import Facts
from webhook.pods.pod import Plan

ACCOUNT = {"name": "kube-api-access-x", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}


def running(config: Config | None = None, **fields: Any) -> dict[str, Any]:
    """A pod that the webhook and then the API server have changed when it was created."""
    spec = mutate(spec_of(referring(volumeMounts=[{**ACCOUNT, "readOnly": True}]), **fields), config)[0]
    return {**spec, "volumes": [*spec["volumes"], {"name": "kube-api-access-x", "projected": {}}]}


def debug(
    old: dict[str, Any], *added: dict[str, Any], config: Config | None = None
) -> tuple[dict[str, Any], Plan]:
    config = config or config_of()
    spec = {**old, "ephemeralContainers": [*old.get("ephemeralContainers", []), *added]}
    before = copy.deepcopy(spec)
    plan = plan_ephemeral(spec, old, config, {})
    new, problems = mutate_ephemeral(spec, [part_of(plan, config)], Facts())
    assert spec == before, "the object that was sent must not change"
    assert not problems
    return dict(new), plan


def test_a_container_with_references_mounts_the_volumes_of_the_pod() -> None:
    new, plan = debug(running(), referring(name="debugger", command=["sh"]))
    (debugger,) = new["ephemeralContainers"]
    assert (debugger["command"], debugger["args"]) == (["/vault/vault-env"], ["sh"])
    assert debugger["volumeMounts"] == [
        {"name": "vault-env", "mountPath": "/vault", "readOnly": True},
        {**ACCOUNT, "readOnly": True},
    ]
    assert not messages(plan.problems)


def test_nothing_else_of_the_pod_changes() -> None:
    old = running()
    new, _ = debug(old, referring(name="debugger"))
    assert {key: value for key, value in new.items() if key != "ephemeralContainers"} == old


def test_a_container_without_references_stays_as_it_is() -> None:
    shell = container(name="debugger", command=["sh"])
    assert debug(running(), shell)[0]["ephemeralContainers"] == [shell]


def test_only_a_named_container_gets_the_keys_of_a_path() -> None:
    shell = container(name="debugger", command=["sh"])
    everywhere = config_of(vault_env_from_path="secret/data/app")
    assert debug(running(), shell, config=everywhere)[0]["ephemeralContainers"] == [shell]
    named = config_of(vault_env_from_path="secret/data/app", vault_env_from_path_include="app,debugger")
    (debugger,) = debug(running(), shell, config=named)[0]["ephemeralContainers"]
    assert {"name": "VAULT_ENV_FROM_PATH", "value": "secret/data/app"} in debugger["env"]


def test_containers_that_were_there_before_are_not_looked_at() -> None:
    raw = referring(name="first")
    old = {**running(), "ephemeralContainers": [raw]}
    new, plan = debug(old, container(name="second"))
    assert new["ephemeralContainers"] == [raw, container(name="second")]
    assert not plan.wrapped
    assert [added["name"] for _, added in find_added(new, old)] == ["second"]


def test_a_pod_without_launcher_refuses_with_the_remedy() -> None:
    old = spec_of(container(volumeMounts=[{**ACCOUNT, "readOnly": True}]))
    _, plan = debug(old, referring(name="debugger"))
    assert messages(plan.problems) == (
        "container debugger: the pod has no volume vault-env for vault-env, and none can be added to a running pod; "
        "debug a copy instead: kubectl debug --copy-to",
    )


def test_a_pod_without_token_refuses_with_the_remedy() -> None:
    old = mutate(spec_of(referring()))[0]
    _, plan = debug(old, referring(name="debugger"))
    (problem,) = plan.problems
    assert "mounts no ServiceAccount token" in problem.message
    assert (problem.rule, problem.path) == ("refused", ("spec", "ephemeralContainers", 0))


def test_a_container_with_a_token_of_its_own_needs_none_of_the_pods() -> None:
    own = {"name": "VAULT_TOKEN", "value": "s.mine"}
    debugger = container(name="debugger", env=[own, {"name": "P", "value": REFERENCE}])
    assert not debug(mutate(spec_of(referring()))[0], debugger)[1].problems


def test_a_token_volume_of_ours_is_mounted_again() -> None:
    config = config_of(vault_token_audience="vault")
    new, plan = debug(running(config), referring(name="debugger"), config=config)
    (debugger,) = new["ephemeralContainers"]
    assert [mount["name"] for mount in debugger["volumeMounts"]] == ["vault-env", "vault-env-jwt"]
    assert not messages(plan.problems)


def test_a_second_run_changes_nothing() -> None:
    old = running()
    once, _ = debug(old, referring(name="debugger"))
    plan = plan_ephemeral(once, old, config_of(), {})
    twice, _ = mutate_ephemeral(once, [part_of(plan, config_of())], Facts())
    assert twice == once


def test_a_malformed_reference_is_named() -> None:
    bad = container(name="debugger", env=[{"name": "P", "value": REFERENCE.partition("#")[0]}])
    assert "container debugger: variable P" in messages(debug(running(), bad)[1].problems)[0]


def test_a_windows_pod_is_unchanged_with_a_warning() -> None:
    old = spec_of(container(), os={"name": "windows"})
    new, plan = debug(old, referring(name="debugger"))
    assert new["ephemeralContainers"] == [referring(name="debugger")]
    assert "Windows" in messages(plan.warnings)[0]


def test_a_container_that_mounts_a_token_itself_gets_no_second_mount_there() -> None:
    own = {"name": "projected", "mountPath": ACCOUNT["mountPath"] + "/"}
    for old in (running(), mutate(spec_of(referring()))[0]):
        new, plan = debug(old, referring(name="debugger", volumeMounts=[own]))
        assert messages(plan.problems) == ()
        assert [mount["mountPath"] for mount in new["ephemeralContainers"][0]["volumeMounts"]] == [
            own["mountPath"],
            "/vault",
        ]


def test_a_second_review_of_a_container_without_references_demands_no_token() -> None:
    old = mutate(spec_of(referring()))[0]
    late = container(name="debugger", envFrom=[{"configMapRef": {"name": "late"}}])
    once, plan = debug(old, late)
    assert (plan.precautions, messages(plan.problems)) == ({("ephemeralContainers", 0)}, ())
    config = config_of()
    again = plan_ephemeral(once, old, config, {})
    assert messages(again.problems) == ()
    assert mutate_ephemeral(once, [part_of(again, config)], Facts())[0] == once


def test_a_name_that_is_there_twice_is_told_before_any_image_is_read() -> None:
    old = running()
    twice = [{**referring(name="debugger"), "command": [], "image": image} for image in ("a:1", "b:1")]
    for added in (twice, [{**twice[0], "name": old["containers"][0]["name"]}]):
        spec = {**old, "ephemeralContainers": added}
        (message,) = messages(plan_ephemeral(spec, old, config_of(), {}).problems)
        assert "another container of the pod has this name" in message
