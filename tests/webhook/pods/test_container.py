"""Containers with the launcher in front of their program."""

from tests.webhook.pods.specs import REFERENCE, config_of, container, mutate, referring, spec_of
from vaultkube.problem import messages
from webhook.registry.query import ImageConfig


def test_the_launcher_starts_the_pods_command() -> None:
    new, problems, _ = mutate(spec_of(referring(command=["sh", "-c"], args=["echo $PASSWORD"])))
    app = new["containers"][0]
    assert (app["command"], app["args"]) == (["/vault/vault-env"], ["sh", "-c", "echo $PASSWORD"])
    assert app["volumeMounts"] == [{"name": "vault-env", "mountPath": "/vault", "readOnly": True}]
    assert app["env"][0] == {"name": "PASSWORD", "value": REFERENCE}
    assert {"name": "VAULT_ADDR", "value": "https://vault.example.com"} in app["env"]
    assert not problems


def test_only_containers_with_references_get_the_launcher() -> None:
    new, _, _ = mutate(spec_of(container(name="plain"), referring()))
    assert new["containers"][0] == container(name="plain")


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


def test_an_image_for_windows_is_refused_where_the_pod_is_not_for_windows() -> None:
    images = {"app:1": ImageConfig((), ("cmd.exe",), "sha256:0", "windows")}
    problems = mutate(spec_of(referring(command=None)), images=images)[1]
    assert len(problems) == 1 and "image app:1 is for Windows" in problems[0] and "os.name" in problems[0]


def test_the_annotation_entrypoint_spares_the_look_up() -> None:
    config = config_of(entrypoint='{"app": ["/from/annotation"]}')
    new, _, plan = mutate(spec_of(referring(command=None, args=["x"])), config)
    assert not plan.images
    assert new["containers"][0]["args"] == ["/from/annotation", "x"]
    assert not messages(plan.warnings)


def test_an_entry_point_of_a_container_that_the_pod_does_not_have_is_a_warning() -> None:
    config = config_of(entrypoint='{"ap": ["/from/annotation"]}')
    plan = mutate(spec_of(referring()), config)[2]
    assert messages(plan.warnings) == ("annotation entrypoint: the pod has no container ap",)


def test_words_of_the_annotation_entrypoint_are_escaped_for_the_kubelet() -> None:
    config = config_of(entrypoint='{"app": ["sh", "-c", "echo $$ $(hostname)"]}')
    new = mutate(spec_of(referring(command=None, args=["$(PASSWORD)"])), config)[0]
    assert new["containers"][0]["args"] == ["sh", "-c", "echo $$$$ $$(hostname)", "$(PASSWORD)"]


def test_a_container_that_starts_the_launcher_by_itself_is_given_it() -> None:
    own = container(command=["/vault/vault-env"], args=["app"])
    new, problems, plan = mutate(spec_of(own))
    app = new["containers"][0]
    assert (app["command"], app["args"]) == (["/vault/vault-env"], ["app"])
    assert {"name": "VAULT_ADDR", "value": "https://vault.example.com"} in app["env"]
    assert new["initContainers"][0]["name"] == "copy-vault-env"
    assert (problems, messages(plan.problems), messages(plan.warnings)) == ((), (), ())


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


def test_the_launcher_logs_json_when_annotated() -> None:
    env = mutate(spec_of(referring()), config_of(enable_json_log="true"))[0]["containers"][0]["env"]
    assert {"name": "VAULT_JSON_LOG", "value": "true"} in env


def test_exec_probes_are_wrapped_only_when_annotated() -> None:
    probes = {"livenessProbe": {"exec": {"command": ["check"]}}, "readinessProbe": {"httpGet": {"port": 80}}}
    plain = mutate(spec_of(referring(**probes)))[0]["containers"][0]
    wrapped = mutate(spec_of(referring(**probes)), config_of(mutate_probes="true"))[0]["containers"][0]
    assert plain["livenessProbe"] == {"exec": {"command": ["check"]}}
    assert wrapped["livenessProbe"] == {"exec": {"command": ["/vault/vault-env", "check"]}}
    assert wrapped["readinessProbe"] == {"httpGet": {"port": 80}}


def test_lifecycle_hooks_are_wrapped_only_when_annotated() -> None:
    hooks = {"postStart": {"exec": {"command": ["warm"]}}, "preStop": {"httpGet": {"port": 80}}}
    plain = mutate(spec_of(referring(lifecycle=hooks)))[0]["containers"][0]
    wrapped = mutate(spec_of(referring(lifecycle=hooks)), config_of(mutate_lifecycle_hooks="true"))[0]
    assert plain["lifecycle"] == hooks
    assert wrapped["containers"][0]["lifecycle"] == {
        "postStart": {"exec": {"command": ["/vault/vault-env", "warm"]}},
        "preStop": {"httpGet": {"port": 80}},
    }


def test_a_mount_inside_the_launchers_makes_it_writable() -> None:
    spec = spec_of(referring(volumeMounts=[{"name": "config", "mountPath": "/vault/config"}]))
    new, problems, plan = mutate(spec)
    assert new["containers"][0]["volumeMounts"][1] == {"name": "vault-env", "mountPath": "/vault"}
    assert (problems, messages(plan.problems)) == ((), ())
    assert mutate(new)[0] == new


def test_a_mount_added_later_inside_the_launchers_makes_it_writable() -> None:
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
