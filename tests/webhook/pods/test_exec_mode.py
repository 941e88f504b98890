"""Exec mode in a pod: its containers and words, our own annotations beside it, and a second run."""

import copy
import math
from itertools import count
from typing import Any

import pytest

from tests.webhook.config.hashicorp.annotated import GATE, OPERATOR, SECRET, TEMPLATE, named, ours
from tests.webhook.pods.specs import container, referring, spec_of
from vaultenv.template.consul.needs import read
from vaultkube.deadline import Deadline
from vaultkube.problem import messages
from webhook.config.annotations import read_defaults
from webhook.config.delivery import Delivery
from webhook.config.settings import read_settings
from webhook.pods.exec_mode import with_status
from webhook.pods.facts import Facts
from webhook.pods.families import PodPlan, configure_pod, plan_families
from webhook.pods.pod import mutate_pod_spec
from webhook.registry.query import ImageConfig

LAUNCHER = "/vault/vault-env"
STATUS = "vault.hashicorp.com/agent-inject-status"


def planned(
    spec: dict[str, Any], annotations: dict[str, str], own: dict[str, str] | None = None, **operator: str
) -> PodPlan:
    environ = {**OPERATOR, **operator}
    every = {**named({**GATE, **SECRET, **annotations}), **(own or {})}
    configured = configure_pod(every, read_defaults(environ), read_settings(environ))
    before = copy.deepcopy(spec)
    plan = plan_families(spec, configured, {})  # type: ignore[arg-type]
    assert spec == before, "the object that was sent must not change"
    return plan


def changed(
    spec: dict[str, Any],
    annotations: dict[str, str] | None = None,
    own: dict[str, str] | None = None,
    images: dict[str, ImageConfig] | None = None,
    delivery: Delivery = Delivery.INIT,
    **operator: str,
) -> dict[str, Any]:
    plan = planned(spec, annotations or {}, own, **operator)
    assert messages(plan.whole.problems) == ()
    new, problems = mutate_pod_spec(plan.spec, plan.parts, Facts({}, images or {}, delivery))
    assert problems == ()
    return dict(new)


def words(container: dict[str, Any]) -> list[str]:
    return [*(container.get("command") or []), *(container.get("args") or [])]


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in container.get("env", [])}


SERVER = {"agent-exec-command": "/server"}
PROGRAMS = [
    ({}, SERVER, ["/server"]),
    ({"args": ["--port", "1"]}, SERVER, ["/server", "--port", "1"]),
    ({"args": ["--port", "1"]}, {"agent-exec-command": "/server --name='a b'"}, ["/server", "--name=a b"]),
    ({"command": ["/old"], "args": ["x"]}, SERVER, ["/server", "x"]),
    ({"command": ["/old"], "args": ["x"]}, {}, ["/old", "x"]),
    ({"args": ["x"]}, {}, ["/entry", "x"]),
    ({}, {}, ["/entry", "$$HOME"]),
]


@pytest.mark.parametrize(("fields", "annotations", "expected"), PROGRAMS)
def test_the_launcher_starts_the_annotated_program_else_that_of_the_container_or_image(
    fields: dict[str, Any], annotations: dict[str, str], expected: list[str]
) -> None:
    spec = spec_of({"name": "api", "image": "api:1", **fields})
    images = {"api:1": ImageConfig(("/entry",), ("$HOME",), "")}
    (new,) = changed(spec, annotations, images=images)["containers"]
    assert words(new) == [LAUNCHER, *expected]


def test_an_image_is_read_only_without_an_annotated_program() -> None:
    spec = spec_of({"name": "api", "image": "api:1"})
    assert planned(spec, SERVER).whole.images == {}
    assert planned(spec, {}).whole.images == {("containers", 0): "api:1"}


@pytest.mark.parametrize("delivery", [Delivery.INIT, Delivery.IMAGE])
def test_the_pod_gets_the_launcher_and_nothing_else(delivery: Delivery) -> None:
    annotations = {**SERVER, "agent-inject-template-config.env": TEMPLATE}
    new = changed(spec_of({"name": "api", "image": "api:1"}), annotations, delivery=delivery)
    assert [volume["name"] for volume in new["volumes"]] == ["vault-env"]
    assert ("image" in new["volumes"][0]) is (delivery is Delivery.IMAGE)
    assert len(new.get("initContainers", [])) == (delivery is Delivery.INIT)
    assert len(new["containers"]) == 1
    assert [mount["mountPath"] for mount in new["containers"][0]["volumeMounts"]] == ["/vault"]


def test_dollars_of_a_template_come_through_the_kubelet() -> None:
    template = "{{ range $k, $v := .Data }}{{ end }}$(HOME)"
    (new,) = changed(spec_of(container()), {"agent-inject-template-config.env": template})["containers"]
    text = variables(new)["VAULT_ENV_TEMPLATES"]
    assert template in text.replace("$$", "$")
    assert text.count("$") == 2 * template.count("$")


def test_without_names_the_first_container_is_meant() -> None:
    spec = spec_of(container(name="a"), container(name="b"), initContainers=[container(name="i")])
    new = changed(spec, SERVER)
    assert [words(one)[0] for one in (*new["initContainers"][1:], *new["containers"])] == [
        "/app",
        LAUNCHER,
        "/app",
    ]


def test_the_program_is_for_the_first_container_that_is_named() -> None:
    spec = spec_of(
        container(name="a"), container(name="b"), container(name="c"), initContainers=[container(name="i")]
    )
    new = changed(spec, {**SERVER, "agent-inject-containers": "c, i,a"})
    found = {one["name"]: words(one) for one in (*new["initContainers"], *new["containers"])}
    assert found["c"] == [LAUNCHER, "/server"]
    assert found["i"] == found["a"] == [LAUNCHER, "/app"]
    assert found["b"] == ["/app"]
    assert new["initContainers"][0]["name"] == "copy-vault-env"


def test_a_container_that_is_not_there_is_a_problem() -> None:
    plan = planned(spec_of(container()), {"agent-inject-containers": "app,aap"})
    (problem,) = plan.whole.problems
    assert (problem.rule, problem.path[-1]) == ("exec-mode", "vault.hashicorp.com/agent-inject-containers")
    assert problem.message.endswith("the pod has no container aap")


def test_a_replaced_command_of_the_container_is_a_warning() -> None:
    spec = spec_of(container(args=["x"]))
    warnings = planned(spec, {"agent-exec-command": "/server --x"}).whole.warnings
    assert [(each.rule, each.path) for each in warnings] == [
        ("container", ("spec", "containers", 0, "command")),
        ("container", ("spec", "containers", 0, "args")),
    ]
    assert planned(spec, {"agent-exec-command": "/app"}).whole.warnings == ()


def test_files_of_the_tls_secret_are_mounted_for_the_launcher() -> None:
    annotations = {"tls-secret": "tls", "ca-cert": "/vault/tls/root.pem", "client-cert": "/vault/tls/tls.crt"}
    new = changed(spec_of(container()), annotations)
    found = variables(new["containers"][0])
    assert (found["VAULT_CACERT"], found["VAULT_CLIENT_CERT"]) == (
        "/vault-tls/root.pem",
        "/vault-tls/tls.crt",
    )
    items = [{"key": key, "path": key} for key in ("root.pem", "tls.crt")]
    assert new["volumes"][1] == {"name": "vault-env-tls", "secret": {"secretName": "tls", "items": items}}


def again(
    spec: dict[str, Any], annotations: dict[str, str], own: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return the pod after a second run of the webhook."""
    return changed(spec, {**annotations, "agent-inject-status": "injected"}, own)


def test_a_second_run_changes_nothing() -> None:
    annotations = {**SERVER, "agent-inject-template-config.env": TEMPLATE, "agent-inject-containers": "b"}
    own = ours(vault_role="other")
    spec = spec_of(referring(name="a"), container(name="b", args=["x"]), initContainers=[referring(name="i")])
    once = changed(spec, annotations, own)
    assert again(once, annotations, own) == once


def test_a_reference_in_a_template_is_text() -> None:
    annotations = {**SERVER, "agent-inject-template-config.env": "url: ${vault:kv/a} ${vault:kv/a#b} $(A):#"}
    once = changed(spec_of(container()), annotations)
    assert again(once, annotations) == once
    plan = planned(once, {**annotations, "agent-inject-status": "injected"})
    assert [each.path for each in plan.requested_paths("")] == ["secret/data/api"]


def test_a_container_that_another_webhook_puts_to_the_front_is_not_meant() -> None:
    once = changed(spec_of(container(name="api")), SERVER)
    moved = {**once, "containers": [container(name="proxy"), *once["containers"]]}
    assert again(moved, SERVER) == moved


def test_a_pod_that_another_webhook_has_served_stays_as_it_is_with_a_warning() -> None:
    spec = spec_of(container(), container(name="vault-agent"))
    plan = planned(spec, {"agent-inject-status": "injected", "auth-type": "nothing"})
    assert not plan.whole.wrapped
    assert (plan.whole.problems, plan.is_exec) == ((), False)
    (warning,) = plan.whole.warnings
    assert "let only one of the two see it" in warning.message


def test_the_pod_says_that_it_is_served() -> None:
    pod = with_status({"metadata": {"name": "p", "annotations": {STATUS: "update", "a": "b"}}})
    assert pod == {"metadata": {"name": "p", "annotations": {STATUS: "injected", "a": "b"}}}


def test_a_windows_pod_stays_as_it_is() -> None:
    spec = spec_of(container(), os={"name": "windows"})
    plan = planned(spec, SERVER)
    assert (plan.spec, plan.is_exec) == (spec, False)
    assert "Windows" in messages(plan.whole.warnings)[-1]


def test_both_families_serve_containers_of_one_pod_each_with_its_login() -> None:
    spec = spec_of(container(name="api"), referring(name="worker"))
    own = ours(vault_role="own", vault_path="own-cluster")
    new = changed(spec, {**SERVER, "role": "theirs"}, own)
    api, worker = map(variables, new["containers"])
    assert (api["VAULT_ROLE"], api["VAULT_PATH"]) == ("theirs", "kubernetes")
    assert (worker["VAULT_ROLE"], worker["VAULT_PATH"]) == ("own", "own-cluster")
    assert "VAULT_ENV_TEMPLATES" not in worker
    assert len(new["volumes"]) == 1
    assert [one["name"] for one in new["initContainers"]] == ["copy-vault-env"]


def test_references_of_an_exec_container_are_resolved_with_its_login() -> None:
    (new,) = changed(spec_of(referring()), {"role": "theirs"})["containers"]
    assert variables(new)["VAULT_ROLE"] == "theirs"


def test_the_launchers_other_annotations_hold_in_exec_mode() -> None:
    own = ours(vault_env_reuse="true", vault_env_delay="2s")
    (new,) = changed(spec_of(referring()), {}, own)["containers"]
    assert variables(new).items() >= {"VAULT_ENV_REUSE": "true", "VAULT_ENV_DELAY": "2s"}.items()


TWICE = [
    (ours(vault_env_from_path="kv/a"), {}, container(), "drop vault-env-from-path, or name"),
    (
        ours(vault_role="own"),
        {},
        referring(),
        "by vault.security.banzaicloud.io/vault-role, and can have only one login",
    ),
]


@pytest.mark.parametrize(("own", "annotations", "one", "remedy"), TWICE)
def test_a_container_that_both_families_would_start_is_refused_with_its_remedy(
    own: dict[str, str], annotations: dict[str, str], one: dict[str, Any], remedy: str
) -> None:
    (problem,) = planned(spec_of(one), annotations, own).whole.problems
    assert problem.rule == "two-launchers"
    assert remedy in problem.message


def test_a_container_excluded_by_one_family_is_served_by_the_other() -> None:
    spec = spec_of(container(name="api"), container(name="worker"))
    own = ours(vault_env_from_path="kv/a", vault_env_from_path_exclude="api", vault_role="own")
    new = changed(spec, SERVER, own)
    assert ["VAULT_ENV_FROM_PATH" in variables(one) for one in new["containers"]] == [False, True]
    assert ["VAULT_ENV_TEMPLATES" in variables(one) for one in new["containers"]] == [True, False]


def test_two_secrets_for_one_volume_are_refused() -> None:
    spec = spec_of(container(name="api"), referring(name="worker"))
    theirs = {"tls-secret": "theirs", "ca-cert": "/vault/tls/ca.crt"}
    (problem,) = planned(spec, theirs, ours(vault_tls_secret="own")).whole.problems
    assert problem.rule == "two-launchers"
    assert "vault-env-tls" in problem.message
    assert planned(spec, theirs, ours(vault_tls_secret="theirs")).whole.problems == ()


def test_a_pod_of_bank_vaults_webhook_is_refused() -> None:
    foreign = {"name": "copy-vault-env", "command": ["sh", "-c", "cp"]}
    plan = planned(spec_of(referring(command=[LAUNCHER]), initContainers=[foreign]), {})
    assert plan.whole.problems[0].rule == "two-launchers"


def test_a_pod_without_a_token_is_warned_about_unless_it_needs_none() -> None:
    spec = spec_of(container(), automountServiceAccountToken=False)
    assert "automountServiceAccountToken" in messages(planned(spec, {}).whole.warnings)[0]
    file = {"auth-type": "token_file", "auth-config-token-file-path": "/t"}
    assert planned(spec, file).whole.warnings == ()


def test_paths_of_sources_are_listed_for_the_policy() -> None:
    annotations = {
        "agent-inject-secret-a": "kv/data/shop?version=2",
        "agent-inject-template-b": '{{ secret "kv/other" }}{{ secret .built }}',
        "namespace": "team",
    }
    paths = list(planned(spec_of(container()), annotations).requested_paths(""))
    assert [(each.field[-1], each.path, each.vault_namespace) for each in paths] == [
        ("vault.hashicorp.com/agent-inject-secret-a", "kv/data/shop", "team"),
        ("vault.hashicorp.com/agent-inject-template-b", "kv/other", "team"),
        ("vault.hashicorp.com/agent-inject-template-b", None, "team"),
        ("vault.hashicorp.com/agent-inject-secret-config.env", "secret/data/api", "team"),
    ]


@pytest.mark.parametrize(
    "written", ["kv/data/a#/../../b", "kv/data/a?x=/../../b", "kv/data/a#?x", "kv/data/a?x#y"]
)
def test_the_policy_sees_the_path_that_the_launcher_reads(written: str) -> None:
    paths = planned(spec_of(container()), {"agent-inject-secret-a": written}).requested_paths("")
    assert next(each.path for each in paths) == read(written).path == "kv/data/a"


def test_paths_of_a_containers_own_sources_are_listed_for_the_policy() -> None:
    text = '[{"name": "a", "path": "kv/other"}, {"name": "b", "template": "{{ secret \\"kv/t\\" }}"}]'
    values = {text: ["kv/other", "kv/t"], "$(UNKNOWN)": [None], "{": [None], "": []}
    for value, expected in values.items():
        env = [{"name": "VAULT_ENV_TEMPLATES", "value": value}, {"name": "P", "value": "vault:kv/own#p"}]
        spec = spec_of(container(name="api"), container(name="worker", env=env))
        paths = planned(spec, {}).requested_paths("")
        found = [each.path for each in paths if "VAULT_ENV_TEMPLATES" in each.where]
        assert found == expected


def test_the_deadline_is_looked_at_where_targets_meet_the_paths_of_our_annotation() -> None:
    every = [container(name=f"c{index}") for index in range(100)]
    annotations = named(
        {**GATE, **SECRET, "agent-inject-containers": ",".join(each["name"] for each in every)}
    )
    own = ours(vault_env_from_path="a,b", vault_env_from_path_include="another")
    configured = configure_pod({**annotations, **own}, read_defaults(OPERATOR), read_settings(OPERATOR))
    checks = count()
    plan_families(spec_of(*every), configured, {}, Deadline(math.inf, lambda: next(checks)))  # type: ignore[arg-type]
    assert next(checks) > 200
