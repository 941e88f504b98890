"""What a pod becomes: decisions on values, without anything outside."""

import copy
import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultkube.deadline import Deadline
from vaultkube.errors import OutOfTime
from webhook.config.annotation_keys import PREFIX
from webhook.config.annotations import Config, parse_config, read_defaults
from webhook.config.settings import read_settings
from webhook.pods.facts import Facts, Source, Values, find_sources
from webhook.pods.launcher import Launcher
from webhook.pods.pod import Plan, mutate_pod_spec, plan_pod
from webhook.registry.query import ImageConfig

OPERATOR = {"VAULT_ADDR": "https://vault.example.com", "VAULT_ENV_IMAGE": "vault-env:1"}
REFERENCE = "vault:secret/data/app#password"
CONFIG_MAP = Source("ConfigMap", "settings")
SECRET = Source("Secret", "credentials")


def config_of(**annotations: str) -> Config:
    named = {PREFIX + key.replace("_", "-"): text for key, text in annotations.items()}
    config, problems = parse_config(named, read_defaults(OPERATOR))
    assert not problems
    return config


def mutate(
    spec: dict[str, Any],
    config: Config | None = None,
    sources: dict[Source, Values] | None = None,
    images: dict[str, ImageConfig] | None = None,
) -> tuple[dict[str, Any], tuple[str, ...], Plan]:
    before = copy.deepcopy(spec)
    config = config or config_of()
    plan = plan_pod(spec, config, sources or {})
    facts = Facts(sources or {}, images or {})
    new, problems = mutate_pod_spec(spec, plan, config, facts, Launcher(config, read_settings(OPERATOR)))
    assert spec == before, "the object that was sent must not change"
    return dict(new), problems, plan


def container(**fields: Any) -> dict[str, Any]:
    return {"name": "app", "image": "app:1", "command": ["/app"], **fields}


def referring(**fields: Any) -> dict[str, Any]:
    return container(env=[{"name": "PASSWORD", "value": REFERENCE}], **fields)


def spec_of(*containers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"containers": list(containers), **fields}


def test_a_pod_without_references_stays_as_it_is() -> None:
    spec = spec_of(container(env=[{"name": "HOST", "value": "vault:8200"}]))
    assert mutate(spec)[0] == spec


def test_the_launcher_stands_in_front_of_the_pods_command() -> None:
    new, problems, _ = mutate(spec_of(referring(command=["sh", "-c"], args=["echo $PASSWORD"])))
    app = new["containers"][0]
    assert (app["command"], app["args"]) == (["/vault/vault-env"], ["sh", "-c", "echo $PASSWORD"])
    assert app["volumeMounts"] == [{"name": "vault-env", "mountPath": "/vault", "readOnly": True}]
    assert app["env"][0] == {"name": "PASSWORD", "value": REFERENCE}
    assert {"name": "VAULT_ADDR", "value": "https://vault.example.com"} in app["env"]
    assert not problems


def test_the_init_container_installs_the_launcher_from_its_image() -> None:
    new, _, _ = mutate(spec_of(referring(), initContainers=[container(name="own")]))
    first, second = new["initContainers"]
    assert first["command"] == ["/usr/local/bin/vault-env", "--install", "/vault/vault-env"]
    assert first["image"] == "vault-env:1"
    assert second["name"] == "own"
    assert new["volumes"] == [{"name": "vault-env", "emptyDir": {"medium": "Memory", "sizeLimit": "32Mi"}}]


def test_only_containers_with_references_get_the_launcher() -> None:
    new, _, _ = mutate(spec_of(container(name="plain"), referring()))
    assert new["containers"][0] == container(name="plain")


def test_from_path_gives_every_container_the_launcher() -> None:
    spec = spec_of(container(), initContainers=[container(name="first")])
    new, _, _ = mutate(spec, config_of(vault_env_from_path="secret/data/app"))
    wrapped = [new["containers"][0], new["initContainers"][1]]
    assert all(each["command"] == ["/vault/vault-env"] for each in wrapped)
    assert all({"name": "VAULT_ENV_FROM_PATH", "value": "secret/data/app"} in each["env"] for each in wrapped)


@pytest.mark.parametrize(
    ("annotations", "takers"),
    [
        ({"vault_env_from_path_include": "b"}, {"b"}),
        ({"vault_env_from_path_exclude": "b"}, {"a", "c"}),
        ({"vault_env_from_path_include": "a,b", "vault_env_from_path_exclude": "b"}, {"a"}),
    ],
)
def test_from_path_is_for_the_containers_that_are_named(
    annotations: dict[str, str], takers: set[str]
) -> None:
    spec = spec_of(container(name="a"), container(name="b"), initContainers=[container(name="c")])
    new, _, plan = mutate(spec, config_of(vault_env_from_path="secret/data/app", **annotations))
    wrapped = {each["name"] for each in new["containers"] + new["initContainers"] if "volumeMounts" in each}
    assert wrapped - {"copy-vault-env"} == takers
    assert not plan.warnings


def test_a_container_without_from_path_still_gets_its_own_references() -> None:
    config = config_of(vault_env_from_path="secret/data/app", vault_env_from_path_exclude="app")
    app = mutate(spec_of(referring(), container(name="other")), config)[0]["containers"][0]
    assert app["command"] == ["/vault/vault-env"]
    assert "VAULT_ENV_FROM_PATH" not in {entry["name"] for entry in app["env"]}


def test_a_path_can_name_its_containers_itself() -> None:
    config = config_of(
        vault_env_from_path="kv/a;containers=a|c, kv/b#2, kv/c;only=k;containers=c",
        vault_env_from_path_include="b",
    )
    spec = spec_of(container(name="a"), container(name="b"), container(name="c"), container(name="d"))
    new, _, plan = mutate(spec, config)
    given = {
        each["name"]: entry["value"]
        for each in new["containers"]
        for entry in each.get("env", ())
        if entry["name"] == "VAULT_ENV_FROM_PATH"
    }
    assert given == {
        "a": "kv/a;containers=a|c",
        "b": " kv/b#2",
        "c": "kv/a;containers=a|c, kv/c;only=k;containers=c",
    }
    assert not plan.warnings
    assert mutate(new, config)[0] == new


def test_a_path_for_containers_that_are_not_there_is_a_warning() -> None:
    config = config_of(vault_env_from_path="kv/a;containers=other")
    warnings = mutate(spec_of(referring()), config)[2].warnings
    assert warnings == ("annotation vault-env-from-path: the pod has no container other",)


def test_a_name_that_no_container_has_is_a_warning() -> None:
    config = config_of(vault_env_from_path="secret/data/app", vault_env_from_path_exclude="sidecar")
    warnings = mutate(spec_of(container()), config)[2].warnings
    assert warnings == ("annotation vault-env-from-path-exclude: the pod has no container sidecar",)


def test_a_list_without_a_path_is_none() -> None:
    assert mutate(spec_of(container()), config_of(vault_env_from_path=" , "))[0] == spec_of(container())


def test_a_path_is_written_without_the_word_vault() -> None:
    plan = mutate(spec_of(container()), config_of(vault_env_from_path="kv/a,vault:secret/data/app"))[2]
    assert plan.problems == ("annotation vault-env-from-path: write the path alone, without vault: in front",)


def test_a_malformed_path_is_a_problem_of_the_annotation() -> None:
    _, _, plan = mutate(spec_of(container()), config_of(vault_env_from_path="secret/data/app#latest"))
    assert plan.problems[0].startswith("annotation vault-env-from-path: ")


CIPHERTEXT = "vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w=="


@pytest.mark.parametrize("value", [CIPHERTEXT, f"p-${{{CIPHERTEXT}}}-s"])
def test_a_ciphertext_alone_gives_its_container_the_launcher(value: str) -> None:
    spec = spec_of(container(env=[{"name": "P", "value": value}]))
    new, problems, plan = mutate(spec, config_of(transit_key_id="mykey"))
    app = new["containers"][0]
    assert app["command"] == ["/vault/vault-env"]
    assert {"name": "VAULT_TRANSIT_KEY_ID", "value": "mykey"} in app["env"]
    assert (problems, plan.problems, plan.references()) == ((), (), 1)


def test_a_ciphertext_that_nothing_decrypts_is_a_problem() -> None:
    env = [{"name": "P", "value": CIPHERTEXT}]
    assert mutate(spec_of(container(env=env)))[2].problems == (
        "container app: variable P: found encrypted variable, but transit key ID is empty: add the annotation transit-key-id",
    )
    own = {"name": "VAULT_TRANSIT_KEY_ID", "value": "mykey"}
    assert not mutate(spec_of(container(env=[own, *env])))[2].problems


def test_a_program_that_wants_the_token_of_the_login_gets_the_launcher() -> None:
    new, _, plan = mutate(spec_of(container(env=[{"name": "VAULT_TOKEN", "value": "vault:login"}])))
    assert new["containers"][0]["command"] == ["/vault/vault-env"]
    assert not plan.problems


def test_the_token_of_the_login_in_another_variable_is_a_problem() -> None:
    plan = mutate(spec_of(container(env=[{"name": "TOKEN", "value": "vault:login"}])))[2]
    assert plan.problems == (
        "container app: variable TOKEN: vault:login is for VAULT_TOKEN only: write vault:path#key",
    )


@pytest.mark.parametrize("value", [r"\vault:a/b#c", r"x \${vault:a/b#c}"])
def test_the_launcher_takes_away_the_backslash_before_a_reference(value: str) -> None:
    new = mutate(spec_of(container(env=[{"name": "P", "value": value}])))[0]
    assert new["containers"][0]["command"] == ["/vault/vault-env"]


def test_a_reference_that_a_later_variable_replaces_counts_for_the_guard_too() -> None:
    twice = [{"name": "P", "value": REFERENCE}, {"name": "P", "value": "x"}]
    new, _, plan = mutate(spec_of(container(env=twice)))
    assert new["containers"][0]["command"] == ["/vault/vault-env"]
    assert plan.references() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "k"}}}]},
        {"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "credentials", "key": "k"}}}]},
        {"envFrom": [{"configMapRef": {"name": "settings"}}]},
        {"envFrom": [{"secretRef": {"name": "credentials"}, "prefix": "P_"}]},
    ],
)
def test_references_behind_config_maps_and_secrets_count(fields: dict[str, Any]) -> None:
    spec = spec_of(container(**fields))
    sources: dict[Source, Values] = {source: {"k": REFERENCE.encode()} for source in (CONFIG_MAP, SECRET)}
    assert find_sources(spec) <= sources.keys()
    new, _, plan = mutate(spec, sources=sources)
    assert new["containers"][0]["command"] == ["/vault/vault-env"]
    assert plan.references() == 1
    assert mutate(spec, sources={})[0] == spec


@pytest.mark.parametrize("value", [b"vault:hunter2", b"vault:a#${hunter2}", b"vault:a#k#hunter2"])
def test_what_is_wrong_with_a_value_of_a_secret_is_told_without_its_text(value: bytes) -> None:
    key = {"secretKeyRef": {"name": "credentials", "key": "k"}}
    env = [{"name": "X", "valueFrom": key}, {"name": "Y", "value": "$(X)"}]
    _, _, plan = mutate(spec_of(container(env=env)), sources={SECRET: {"k": value}})
    assert len(plan.problems) == 2
    assert "hunter2" not in str(plan.problems)
    assert plan.problems[0].startswith(
        "container app: variable X of Secret credentials: it begins as a reference"
    )


def test_yaml_in_a_secret_is_text() -> None:
    yaml = b"vault:\n  token: hvs.secret # of the application\n"
    spec = spec_of(container(envFrom=[{"secretRef": {"name": "credentials"}}]))
    new, problems, plan = mutate(spec, sources={SECRET: {"application.yaml": yaml}})
    assert (new, problems, plan.problems, plan.warnings) == (spec, (), (), ())


@pytest.mark.parametrize("value", ["vault:secret/data/app#password\n", "vault:secret/data/app\n"])
def test_an_invisible_end_is_warned_of(value: str) -> None:
    _, _, plan = mutate(spec_of(container(env=[{"name": "X", "value": value}])))
    (warning,) = plan.warnings
    assert warning.startswith("container app: variable X: the value ends in an invisible character")


def test_a_value_counts_as_the_kubelet_expands_it() -> None:
    env = [{"name": "MOUNT", "value": "secret"}, {"name": "X", "value": "vault:$(MOUNT)/data/app#password"}]
    _, _, plan = mutate(spec_of(container(env=env)))
    assert plan.wrapped["containers", 0].paths == (("X", "secret/data/app"),)


def test_the_command_of_the_image_is_escaped_for_the_kubelet() -> None:
    image = ImageConfig(("/entry", "$HOME"), ("$(PATH)", "x"), "sha256:0")
    spec = spec_of(referring(command=None))
    new, _, plan = mutate(spec, images={"app:1": image})
    assert plan.images == {("containers", 0): "app:1"}
    assert new["containers"][0]["args"] == ["/entry", "$$HOME", "$$(PATH)", "x"]


def test_args_of_the_pod_replace_the_images_command() -> None:
    image = ImageConfig(("/entry",), ("default",), "sha256:0")
    new, _, _ = mutate(spec_of(referring(command=[], args=["own"])), images={"app:1": image})
    assert new["containers"][0]["args"] == ["/entry", "own"]


def test_an_image_without_anything_to_run_is_a_problem() -> None:
    _, problems, _ = mutate(
        spec_of(referring(command=None)), images={"app:1": ImageConfig((), (), "sha256:0")}
    )
    assert problems == (
        "container app: image app:1 has no entry point and no command; set `command` in the container",
    )


def test_the_annotation_entrypoint_spares_the_look_up() -> None:
    config = config_of(entrypoint='{"app": ["/from/annotation"]}')
    new, _, plan = mutate(spec_of(referring(command=None, args=["x"])), config)
    assert not plan.images
    assert new["containers"][0]["args"] == ["/from/annotation", "x"]


def test_a_container_that_starts_the_launcher_by_itself_is_given_it() -> None:
    own = container(command=["/vault/vault-env"], args=["app"])
    new, problems, plan = mutate(spec_of(own))
    app = new["containers"][0]
    assert (app["command"], app["args"]) == (["/vault/vault-env"], ["app"])
    assert {"name": "VAULT_ADDR", "value": "https://vault.example.com"} in app["env"]
    assert new["initContainers"][0]["name"] == "copy-vault-env"
    assert (problems, plan.problems, plan.warnings) == ((), (), ())


def test_a_script_that_starts_the_launcher_again_is_warned() -> None:
    own = referring(command=["/vault/vault-env"], args=["/bin/sh", "-c", "/vault/vault-env env > .env"])
    (warning,) = mutate(spec_of(own))[2].warnings
    assert "start vault-env again" in warning


@pytest.mark.parametrize("key", ["initContainers", "containers"])
def test_another_container_with_the_name_of_ours_is_a_problem(key: str) -> None:
    own = referring(name="copy-vault-env")
    spec = {**spec_of(container()), key: [own]}
    assert mutate(spec)[2].problems == (
        "container copy-vault-env of the pod has the name of the webhook's; rename it",
    )


def test_a_second_run_changes_nothing() -> None:
    config = config_of(
        mutate_probes="true", mutate_lifecycle_hooks="true", vault_tls_secret="ca", vault_token_audience="v"
    )
    handler = {"exec": {"command": ["check"]}}
    spec = spec_of(
        referring(livenessProbe=handler, lifecycle={"preStop": handler}),
        initContainers=[referring(name="i")],
    )
    once, _, _ = mutate(spec, config)
    twice, problems, _ = mutate(once, config)
    assert twice == once
    assert not problems


def test_a_container_that_another_webhook_adds_later_is_wrapped_too() -> None:
    once, _, _ = mutate(spec_of(referring()))
    once["containers"] = [*once["containers"], referring(name="sidecar")]
    new, _, _ = mutate(once)
    assert new["containers"][1]["command"] == ["/vault/vault-env"]
    assert len(new["initContainers"]) == len(new["volumes"]) == 1


def test_an_init_container_that_another_webhook_puts_to_the_front_comes_after_ours() -> None:
    once, _, _ = mutate(spec_of(referring()))
    once["initContainers"] = [container(name="mesh"), referring(name="first"), *once["initContainers"]]
    new, problems, plan = mutate(once)
    assert [each["name"] for each in new["initContainers"]] == ["copy-vault-env", "mesh", "first"]
    assert (problems, plan.problems) == ((), ())
    assert mutate(new)[0] == new


def test_an_init_container_without_references_may_stand_before_ours() -> None:
    once, _, _ = mutate(spec_of(referring()))
    once["initContainers"] = [container(name="mesh"), *once["initContainers"]]
    assert mutate(once)[0] == once


def test_a_windows_pod_is_left_alone_with_a_warning() -> None:
    spec = spec_of(referring(), os={"name": "windows"})
    new, _, plan = mutate(spec)
    assert new == spec
    assert "Windows" in plan.warnings[0]


def test_an_image_for_windows_is_refused_where_the_pod_is_not_for_windows() -> None:
    images = {"app:1": ImageConfig((), ("cmd.exe",), "sha256:0", "windows")}
    problems = mutate(spec_of(referring(command=None)), images=images)[1]
    assert len(problems) == 1 and "image app:1 is for Windows" in problems[0] and "os.name" in problems[0]


def test_a_pod_that_variables_would_make_too_large_to_store_is_refused() -> None:
    config = config_of(vault_env_from_path=",".join(f"kv/{number}" for number in range(200)))
    many = [referring(name=f"c{number}") for number in range(1500)]
    (problem,) = mutate(spec_of(*many), config)[1]
    assert "longer than 1.5 MiB" in problem
    assert mutate(spec_of(*many[:500]), config)[1] == ()


def test_each_container_and_each_reference_is_looked_at_once() -> None:
    asked = itertools.count()
    containers = [referring(name=f"c{number}") for number in range(100)]
    inline = container(env=[{"name": "V", "value": "${vault:a#${.b}}" * 100}])
    plan_pod(spec_of(*containers, inline), config_of(), {}, Deadline(math.inf, lambda: next(asked)))
    assert next(asked) == 1 + 2 * 100 + 1 + 1 + 100


def test_the_deadline_ends_the_search_for_references() -> None:
    asked = itertools.count()
    containers = [referring(name=f"c{number}") for number in range(100)]
    with pytest.raises(OutOfTime, match="make it smaller"):
        plan_pod(spec_of(*containers), config_of(), {}, Deadline(50, lambda: next(asked)))
    assert next(asked) == 51


def test_variables_of_the_pod_cannot_point_the_launcher_elsewhere() -> None:
    own = {"name": "VAULT_ADDR", "value": "https://evil.example.com"}
    spec = spec_of(container(env=[own, {"name": "PASSWORD", "value": REFERENCE}]))
    env = mutate(spec)[0]["containers"][0]["env"]
    assert [entry["value"] for entry in env if entry["name"] == "VAULT_ADDR"] == ["https://vault.example.com"]


def test_a_log_level_of_the_container_itself_wins() -> None:
    spec = spec_of(
        container(env=[{"name": "VAULT_LOG_LEVEL", "value": "debug"}, {"name": "P", "value": REFERENCE}])
    )
    env = mutate(spec, config_of(log_level="error"))[0]["containers"][0]["env"]
    assert [entry["value"] for entry in env if entry["name"] == "VAULT_LOG_LEVEL"] == ["debug"]


def test_dollars_of_annotations_reach_the_launcher_as_they_are() -> None:
    config = config_of(vault_env_from_path="secret/data/$(HOME)")
    env = mutate(spec_of(container()), config)[0]["containers"][0]["env"]
    assert {"name": "VAULT_ENV_FROM_PATH", "value": "secret/data/$$(HOME)"} in env


def test_exec_probes_are_wrapped_only_when_asked() -> None:
    probes = {"livenessProbe": {"exec": {"command": ["check"]}}, "readinessProbe": {"httpGet": {"port": 80}}}
    plain = mutate(spec_of(referring(**probes)))[0]["containers"][0]
    asked = mutate(spec_of(referring(**probes)), config_of(mutate_probes="true"))[0]["containers"][0]
    assert plain["livenessProbe"] == {"exec": {"command": ["check"]}}
    assert asked["livenessProbe"] == {"exec": {"command": ["/vault/vault-env", "check"]}}
    assert asked["readinessProbe"] == {"httpGet": {"port": 80}}


def test_lifecycle_hooks_are_wrapped_only_when_asked() -> None:
    hooks = {"postStart": {"exec": {"command": ["warm"]}}, "preStop": {"httpGet": {"port": 80}}}
    plain = mutate(spec_of(referring(lifecycle=hooks)))[0]["containers"][0]
    asked = mutate(spec_of(referring(lifecycle=hooks)), config_of(mutate_lifecycle_hooks="true"))[0]
    assert plain["lifecycle"] == hooks
    assert asked["containers"][0]["lifecycle"] == {
        "postStart": {"exec": {"command": ["/vault/vault-env", "warm"]}},
        "preStop": {"httpGet": {"port": 80}},
    }


@pytest.mark.parametrize("key", ["command", "args"])
def test_a_reference_in_the_command_is_a_warning(key: str) -> None:
    words = ["/app", "--password=$(PASSWORD)", "$$(PASSWORD)", "$(OTHER)"]
    (warning,) = mutate(spec_of(referring(**{key: words})))[2].warnings
    assert warning.startswith(
        f"container app: $(PASSWORD) in `{key}` becomes the reference, not the secret: the kubelet replaces it"
    )
    assert not mutate(spec_of(referring(**{key: ["$$(PASSWORD)"]})))[2].warnings


@pytest.mark.parametrize("probe", ["livenessProbe", "readinessProbe", "startupProbe"])
def test_a_reference_in_the_command_of_a_probe_is_a_warning(probe: str) -> None:
    handler = {"exec": {"command": ["check", "$(PASSWORD)"]}}
    (warning,) = mutate(spec_of(referring(**{probe: handler})))[2].warnings
    assert warning.startswith(f"container app: $(PASSWORD) in `{probe}` becomes the reference")


def test_a_variable_that_is_put_together_from_a_reference_is_a_warning() -> None:
    url = {"name": "URL", "value": "postgres://app:$(PASSWORD)@db"}
    whole, inline = {"name": "PASSWORD", "value": REFERENCE}, {"name": "PASSWORD", "value": "${vault:a/b#c}"}
    assert mutate(spec_of(container(env=[whole, url])))[2].warnings == (
        "container app: variable URL: $(PASSWORD) becomes the reference, not the secret: the kubelet replaces it before "
        "vault-env runs; write ${vault:path#key} in its place",
    )
    assert not mutate(spec_of(container(env=[inline, url])))[2].warnings


def test_the_ca_of_the_annotation_is_mounted_beside_the_launcher() -> None:
    new, _, _ = mutate(spec_of(referring()), config_of(vault_tls_secret="vault-ca"))
    app = new["containers"][0]
    assert {"name": "vault-env-tls", "mountPath": "/vault-tls", "readOnly": True} in app["volumeMounts"]
    assert {"name": "VAULT_CACERT", "value": "/vault-tls/ca.crt"} in app["env"]
    items = [{"key": "ca.crt", "path": "ca.crt"}]
    assert new["volumes"][1] == {
        "name": "vault-env-tls",
        "secret": {"secretName": "vault-ca", "items": items},
    }


def test_a_token_for_an_audience_comes_in_a_volume_of_its_own() -> None:
    config = config_of(vault_token_audience="https://vault.example.com")
    new, _, plan = mutate(spec_of(referring(), automountServiceAccountToken=False), config)
    app = new["containers"][0]
    assert {"name": "vault-env-jwt", "mountPath": "/vault-jwt", "readOnly": True} in app["volumeMounts"]
    assert {"name": "VAULT_JWT_FILE", "value": "/vault-jwt/token"} in app["env"]
    token = {"audience": "https://vault.example.com", "expirationSeconds": 3600, "path": "token"}
    sources = [{"serviceAccountToken": token}]
    assert new["volumes"][1] == {"name": "vault-env-jwt", "projected": {"sources": sources}}
    assert (plan.problems, plan.warnings) == ((), ())


def test_a_token_file_of_the_pod_is_named_to_the_launcher() -> None:
    env = mutate(spec_of(referring()), config_of(vault_jwt_file="/tokens/vault"))[0]["containers"][0]["env"]
    assert {"name": "VAULT_JWT_FILE", "value": "/tokens/vault"} in env


def test_a_token_file_and_an_audience_together_are_a_problem() -> None:
    config = config_of(vault_jwt_file="/tokens/vault", vault_token_audience="x")
    assert "set one of them" in mutate(spec_of(referring()), config)[2].problems[0]


def test_a_vault_token_of_the_pod_is_read_instead_of_a_login() -> None:
    spec = spec_of(referring(), volumes=[{"name": "tokens", "emptyDir": {}}])
    new, _, plan = mutate(spec, config_of(token_auth_mount="tokens:vault-token"))
    app = new["containers"][0]
    assert {"name": "tokens", "mountPath": "/vault-token", "readOnly": True} in app["volumeMounts"]
    assert {"name": "VAULT_TOKEN_FILE", "value": "/vault-token/vault-token"} in app["env"]
    assert not plan.problems


def test_a_vault_token_in_a_volume_that_is_not_there_is_a_problem() -> None:
    plan = mutate(spec_of(referring()), config_of(token_auth_mount="tokens:vault-token"))[2]
    assert plan.problems == (
        "annotation token-auth-mount: the pod has no volume tokens; add it or correct the name",
    )


def test_with_a_mount_inside_the_launchers_the_runtime_can_make_its_directory() -> None:
    spec = spec_of(referring(volumeMounts=[{"name": "config", "mountPath": "/vault/config"}]))
    new, problems, plan = mutate(spec)
    assert new["containers"][0]["volumeMounts"][1] == {"name": "vault-env", "mountPath": "/vault"}
    assert (problems, plan.problems) == ((), ())
    assert mutate(new)[0] == new


def test_a_mount_that_comes_inside_later_makes_the_launchers_writable() -> None:
    once = mutate(spec_of(referring()))[0]
    inner = {"name": "data", "mountPath": "/vault/secrets"}
    once["containers"][0] = {
        **once["containers"][0],
        "volumeMounts": [*once["containers"][0]["volumeMounts"], inner],
    }
    new = mutate(once)[0]
    assert new["containers"][0]["volumeMounts"] == [{"name": "vault-env", "mountPath": "/vault"}, inner]
    assert mutate(new)[0] == new


def test_a_mount_of_the_launcher_that_the_pod_has_is_not_repeated() -> None:
    own = [{"name": "vault-env", "mountPath": "/vault/"}]
    new = mutate(spec_of(referring(volumeMounts=own)))[0]
    assert new["containers"][0]["volumeMounts"] == own


def test_the_launcher_logs_json_where_it_is_asked_to() -> None:
    env = mutate(spec_of(referring()), config_of(enable_json_log="true"))[0]["containers"][0]["env"]
    assert {"name": "VAULT_JSON_LOG", "value": "true"} in env


def test_the_init_container_passes_pod_security_restricted() -> None:
    context = mutate(spec_of(referring()))[0]["initContainers"][0]["securityContext"]
    assert context == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_in_a_pod_that_runs_as_root_the_init_container_does_not() -> None:
    new, _, _ = mutate(spec_of(referring(), securityContext={"runAsUser": 0}))
    assert new["initContainers"][0]["securityContext"]["runAsUser"] == 65534


@pytest.mark.parametrize(
    ("users", "of_pod", "expected"),
    [
        ([1000680000, 1000680000], {}, 1000680000),
        ([1000680000, 1000680001], {}, None),
        ([1000680000, None], {}, None),
        ([None, None], {"runAsUser": 1000680000}, None),
        ([0, 0], {}, None),
        ([0, 0], {"runAsUser": 0}, 65534),
    ],
)
def test_the_init_container_runs_as_the_user_that_openshift_gave_to_all(
    users: list[int | None], of_pod: dict[str, int], expected: int | None
) -> None:
    containers = [
        referring(name=f"c{index}", securityContext={"runAsUser": user} if user is not None else {})
        for index, user in enumerate(users)
    ]
    new, _, _ = mutate(spec_of(*containers, securityContext=of_pod))
    assert new["initContainers"][0]["securityContext"].get("runAsUser") == expected


def test_every_malformed_reference_is_named_with_container_and_variable() -> None:
    env = [
        {"name": "A", "value": "vault:secret/data/app"},
        {"name": "B", "value": "vault:secret/data/app#k#x"},
    ]
    plan = mutate(spec_of(container(env=env)))[2]
    assert [problem.partition(": ")[0] for problem in plan.problems] == ["container app", "container app"]
    assert "variable A: " in plan.problems[0]
    assert "variable B: " in plan.problems[1]


def test_a_mount_in_the_launchers_place_is_a_problem() -> None:
    spec = spec_of(referring(volumeMounts=[{"name": "data", "mountPath": "/vault/"}]))
    assert "mount it elsewhere" in mutate(spec)[2].problems[0]


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
    (problem,) = mutate(spec_of(referring(), volumes=[volume]), config)[2].problems
    assert (
        problem
        == f"volume {volume['name']} of the pod has the name of a volume that the webhook adds; rename it"
    )


def test_our_volumes_with_the_api_servers_defaults_are_ours() -> None:
    config = config_of(vault_tls_secret="vault-ca", vault_token_audience="vault")
    once, _, _ = mutate(spec_of(referring()), config)
    once["volumes"][1]["secret"]["defaultMode"] = once["volumes"][2]["projected"]["defaultMode"] = 420
    new, _, plan = mutate(once, config)
    assert (new, plan.problems) == (once, ())


def test_a_pod_without_a_token_is_warned() -> None:
    plan = mutate(spec_of(referring(), container(name="other"), automountServiceAccountToken=False))[2]
    assert plan.warnings == (
        "automountServiceAccountToken is false: vault-env in app will find no ServiceAccount token to log in with; "
        "the annotation vault-token-audience brings one",
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"volumeMounts": [{"name": "t", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount/"}]},
        {"env": [{"name": "VAULT_TOKEN", "value": "x"}, {"name": "P", "value": REFERENCE}]},
        {"env": [{"name": "VAULT_JWT_FILE", "value": "/t"}, {"name": "P", "value": REFERENCE}]},
    ],
)
def test_a_container_that_brings_its_own_token_is_not_warned(fields: dict[str, Any]) -> None:
    spec = spec_of({**referring(), **fields}, automountServiceAccountToken=False)
    assert mutate(spec)[2].warnings == ()


def test_the_login_that_a_program_wants_the_token_of_needs_one() -> None:
    spec = spec_of(container(env=[{"name": "VAULT_TOKEN", "value": "vault:login"}]))
    assert mutate({**spec, "automountServiceAccountToken": False})[2].warnings


NAMES = st.text("ABC", min_size=1, max_size=2)
VALUES = st.sampled_from(
    [
        "x",
        REFERENCE,
        "${vault:a/b#c}",
        "vault:8200",
        "$(A)",
        "$$(A)",
        "vault:$(A)#k",
        CIPHERTEXT,
        r"\vault:a#b",
    ]
)
CONTAINERS = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b"]), "image": st.just("i:1"), "command": st.just(["/x"])},
    optional={
        "env": st.lists(st.fixed_dictionaries({"name": NAMES, "value": VALUES}), max_size=3),
        "args": st.lists(st.text("x$", max_size=2), max_size=2),
        "unknownField": st.just({"kept": True}),
        "livenessProbe": st.just({"exec": {"command": ["check"]}}),
    },
)
SPECS = st.fixed_dictionaries(
    {"containers": st.lists(CONTAINERS, min_size=1, max_size=3)},
    optional={"initContainers": st.lists(CONTAINERS, max_size=2), "unknownField": st.just([1, 2])},
)


@given(SPECS, st.booleans())
def test_any_pod_keeps_what_it_had_and_is_changed_once(spec: dict[str, Any], probes: bool) -> None:
    config = config_of(mutate_probes=str(probes).lower())
    once, _, plan = mutate(spec, config)
    assert mutate(once, config)[0] == once
    assert json.dumps(once).count("unknownField") == json.dumps(spec).count("unknownField")
    assert (once == spec) == (not plan.wrapped)
