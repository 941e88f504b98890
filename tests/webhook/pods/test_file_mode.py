"""File mode in a pod: containers with the files, JSON Patches, both families, and contradictions with the pod."""

import json
import time
from typing import Any

import pytest

from tests.webhook.config.hashicorp.annotated import ours
from tests.webhook.pods.filing import by_name, changed, mounts, names, planned, problems_of, variables
from tests.webhook.pods.specs import REFERENCE, container, referring, spec_of
from vaultkube.problem import messages
from webhook.config.delivery import Delivery
from webhook.pods.delivery import find_delivery
from webhook.pods.file_mode import with_agent

FILES = {"name": "vault-secrets", "mountPath": "/vault/secrets", "readOnly": True}


def receivers(spec: dict[str, Any], annotations: dict[str, str]) -> list[str]:
    new = changed(spec, annotations)
    every = [*new.get("initContainers", []), *new["containers"]]
    return [each["name"] for each in every if FILES in each.get("volumeMounts", [])]


BEFORE = container(name="before")
STAYS = container(name="stays", restartPolicy="Always")
RECEIVERS = [
    ({}, ["stays", "app", "other"]),
    ({"agent-init-first": "true"}, ["before", "stays", "app", "other"]),
    ({"agent-inject-containers": "app"}, ["app"]),
    ({"agent-inject-containers": " other , before"}, ["before", "other"]),
    ({"agent-inject-containers": ""}, ["stays", "app", "other"]),
]


@pytest.mark.parametrize(("annotations", "expected"), RECEIVERS)
def test_files_are_in_the_containers_that_start_after_them_or_are_named(
    annotations: dict[str, str], expected: list[str]
) -> None:
    spec = spec_of(container(), container(name="other"), initContainers=[BEFORE, STAYS])
    assert receivers(spec, annotations) == expected


def test_a_container_that_is_not_there_is_refused() -> None:
    (message,) = problems_of(spec_of(container()), {"agent-inject-containers": "app,web"})
    assert message.endswith("agent-inject-containers: the pod has no container web")


def test_a_named_container_that_runs_before_the_agent_is_a_warning() -> None:
    spec = spec_of(container(), initContainers=[BEFORE])
    (warning,) = messages(planned(spec, {"agent-inject-containers": "app,before"}).whole.warnings)
    assert warning.startswith("container before runs before the files are there")
    first = {"agent-inject-containers": "before", "agent-init-first": "true"}
    assert planned(spec, first).whole.warnings == ()


def test_the_containers_can_write_if_that_is_annotated() -> None:
    new = changed(spec_of(container()), None, ours(vault_agent_secrets_writable="true"))
    assert by_name(new, "app")["volumeMounts"] == [{"name": "vault-secrets", "mountPath": "/vault/secrets"}]


def test_a_volume_with_another_inside_is_writable_so_that_its_folder_can_be_made() -> None:
    inner = {"name": "data", "mountPath": "/vault/secrets/data"}
    found = by_name(changed(spec_of(container(volumeMounts=[inner]))), "app")["volumeMounts"]
    assert found == [inner, {"name": "vault-secrets", "mountPath": "/vault/secrets"}]
    own = by_name(changed(spec_of(container()), {"secret-volume-path-db": "/vault/secrets/db"}), "app")
    assert [mount.get("readOnly", False) for mount in own["volumeMounts"]] == [False, True]


def test_a_mount_in_the_place_of_the_files_is_refused() -> None:
    mounting = container(volumeMounts=[{"name": "data", "mountPath": "/vault/secrets/"}])
    (message,) = problems_of(spec_of(mounting))
    assert message.startswith("container app: mounts volume data at /vault/secrets, where the files")
    assert problems_of(spec_of(mounting, container(name="b")), {"agent-inject-containers": "b"}) == ()
    assert problems_of(spec_of(mounting), {"secret-volume-path": "/etc/secrets"}) == ()


@pytest.mark.parametrize("path", ["/home/vault", "/vault/tls", "/vault/custom", "/vault/agent-cache"])
def test_a_place_that_the_agent_needs_for_something_else_is_refused(path: str) -> None:
    needs = {"agent-extra-secret": "x", "tls-secret": "y", "agent-cache-enable": "true"}
    (message,) = problems_of(spec_of(container()), {**needs, "secret-volume-path": path})
    assert f"the agent needs {path} for something else" in message


def test_a_volume_of_the_same_name_is_refused() -> None:
    (message,) = problems_of(spec_of(container(), volumes=[{"name": "vault-secrets"}]))
    assert (
        message == "volume vault-secrets of the pod has the name of a volume that the webhook adds: rename it"
    )


def patch(*operations: dict[str, Any]) -> str:
    return json.dumps(operations)


def test_json_patches_change_the_generated_containers() -> None:
    annotations = {
        "agent-json-patch": patch({"op": "replace", "path": "/resources/limits/cpu", "value": "2"}),
        "agent-init-json-patch": patch(
            {"op": "add", "path": "/env/-", "value": {"name": "AWS_REGION", "value": "x"}}
        ),
    }
    new = changed(spec_of(container()), annotations)
    assert by_name(new, "vault-agent")["resources"]["limits"]["cpu"] == "2"
    assert variables(by_name(new, "vault-agent-init"))["AWS_REGION"] == "x"
    assert "AWS_REGION" not in variables(by_name(new, "vault-agent"))


def test_a_json_patch_gives_an_agent_another_name() -> None:
    rename = patch({"op": "replace", "path": "/name", "value": "different-name"})
    new = changed(spec_of(container()), {"agent-json-patch": rename})
    assert names(new["containers"]) == [container()["name"], "different-name"]
    assert names(new["initContainers"]) == ["vault-agent-init"]


HASHICORPS = {"agent-configmap": "agent", "agent-image": "hashicorp/vault:1.21.1"}
BY_HAND = ours(vault_agent_sidecar="container")


@pytest.mark.parametrize(
    ("annotations", "own", "policy", "warns"),
    [
        ({}, BY_HAND, "Never", True),
        ({}, BY_HAND, "OnFailure", True),
        ({"agent-pre-populate": "false"}, BY_HAND, "Never", True),
        (HASHICORPS, {}, "Never", True),
        ({}, BY_HAND, "Always", False),
        ({}, {}, "Never", False),
        ({"agent-enable-quit": "true"}, BY_HAND, "Never", False),
        ({"agent-pre-populate-only": "true"}, BY_HAND, "Never", False),
        ({**HASHICORPS, "agent-pre-populate-only": "true"}, {}, "Never", False),
    ],
)
def test_an_agent_with_which_the_pod_of_a_job_never_ends_is_a_warning(
    annotations: dict[str, str], own: dict[str, str], policy: str, warns: bool
) -> None:
    found = planned(spec_of(container(), restartPolicy=policy), annotations, own).whole.warnings
    assert [each.path for each in found if "never ends" in each.message] == [
        ("spec", "restartPolicy")
    ] * warns


def test_a_native_sidecar_gets_the_patch_of_the_agent() -> None:
    annotations = {"agent-json-patch": patch({"op": "add", "path": "/workingDir", "value": "/tmp"})}
    new = changed(spec_of(container()), annotations, ours(vault_agent_sidecar="native"))
    assert by_name(new, "vault-agent")["workingDir"] == "/tmp"


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"op": "remove", "path": "/lifecycle"}, "operation 1 cannot be done: there is no '/lifecycle'"),
        ({"op": "replace", "path": "/name", "value": ""}, "its result is no container with a name"),
        ({"op": "remove", "path": "/name"}, "its result is no container with a name"),
        ({"op": "replace", "path": "", "value": []}, "its result is no container with a name"),
    ],
)
def test_a_patch_that_cannot_be_applied_is_a_problem(operation: dict[str, Any], message: str) -> None:
    plan = planned(spec_of(container()), {"agent-json-patch": patch(operation)})
    assert plan.agent is not None
    _, problems = with_agent(plan.spec, plan.agent)
    assert [found.endswith(message) for found in messages(problems)] == [True]


def test_processes_are_shared_if_that_is_annotated() -> None:
    share = {"agent-share-process-namespace": "true"}
    assert changed(spec_of(container()), share)["shareProcessNamespace"] is True
    assert "shareProcessNamespace" not in changed(spec_of(container()))
    later = {**share, "agent-pre-populate": "false"}
    assert changed(spec_of(container()), later)["shareProcessNamespace"] is True
    (message,) = problems_of(spec_of(container(), shareProcessNamespace=False), share)
    assert "the pod says shareProcessNamespace: false" in message


def test_references_beside_files_have_their_own_launcher_and_login() -> None:
    new = changed(spec_of(referring()), {"role": "files"}, ours(vault_role="references"))
    app = by_name(new, "app")
    assert (app["command"], app["args"]) == (["/vault/vault-env"], ["/app"])
    assert (variables(app)["VAULT_ROLE"], variables(app)["PASSWORD"]) == ("references", REFERENCE)
    assert variables(by_name(new, "vault-agent"))["VAULT_ROLE"] == "files"
    assert mounts(app) == {"/vault": "vault-env", "/vault/secrets": "vault-secrets"}
    assert names(new["initContainers"]) == ["copy-vault-env", "vault-agent-init"]


def test_an_image_volume_is_not_possible_below_files_and_possible_beside_them() -> None:
    for path, expected in (("/vault/secrets", Delivery.INIT), ("/etc/secrets", Delivery.AUTO)):
        plan = planned(spec_of(referring()), {"secret-volume-path": path})
        containers = plan.whole.containers(plan.spec)
        assert find_delivery(plan.spec, containers, plan.parts[0].config) is expected


def test_no_agent_gets_a_launcher_though_all_containers_get_a_path() -> None:
    new = changed(spec_of(container()), {}, ours(vault_env_from_path="secret/all"))
    assert by_name(new, "app")["command"] == ["/vault/vault-env"]
    for name in ("vault-agent", "vault-agent-init"):
        assert by_name(new, name)["command"][0] == "/usr/local/bin/vault-env"
        assert "VAULT_ENV_FROM_PATH" not in variables(by_name(new, name))


@pytest.mark.parametrize("name", ["vault-agent", "vault-agent-init"])
def test_a_pod_with_an_agent_is_unchanged_with_a_warning(name: str) -> None:
    plan = planned(spec_of(container(), container(name=name)))
    assert plan.agent is None
    (warning,) = messages(plan.whole.warnings)
    assert "the pod has the container of an agent already" in warning


def test_a_windows_pod_is_left_as_it_is_with_a_warning() -> None:
    plan = planned(spec_of(container(), os={"name": "windows"}))
    assert plan.agent is None
    assert [message for message in messages(plan.whole.warnings) if "Windows" in message]


def test_every_path_of_annotations_and_templates_is_known_to_the_policy() -> None:
    annotations = {
        "agent-inject-template-db": '{{ with secret "kv/a" }}{{ end }}{{ with secret (printf "kv/%s" "b") }}{{ end }}',
        "agent-inject-template-file-x": "/t/x",
    }
    requested = list(planned(spec_of(container()), annotations).requested_paths(""))
    found = {(str(each.field[-1]).partition("/")[2], each.path) for each in requested}
    assert found == {
        ("agent-inject-secret-db", "secret/data/db"),
        ("agent-inject-template-db", "kv/a"),
        ("agent-inject-template-db", None),
        ("agent-inject-template-file-x", None),
    }


MANY = 4000
CROWDS = [
    {f"agent-inject-secret-{number:x}": "s" for number in range(MANY)},
    {f"agent-inject-secret-{number:x}": "s" for number in range(MANY)}
    | {f"secret-volume-path-{number:x}": f"/p{number:x}" for number in range(MANY)},
    {
        f"agent-inject-template-{number:x}": '{{ with secret "a" }}{{ .Data.x }}{{ end }}'
        for number in range(MANY)
    },
]


@pytest.mark.timed
@pytest.mark.parametrize("annotations", CROWDS)
def test_very_many_files_are_refused_quickly(annotations: dict[str, str]) -> None:
    began = time.process_time()
    (message,) = problems_of(spec_of(container()), annotations)
    assert time.process_time() - began < 2
    assert "a program cannot be started with more than" in message


@pytest.mark.timed
@pytest.mark.parametrize("count", [1, 20_000])
def test_many_containers_and_many_named_ones_take_no_long_time(count: int) -> None:
    every = [{"name": f"c{index}"} for index in range(20_000)]
    annotations = {"agent-inject-containers": ",".join(f"c{index}" for index in range(count))}
    began = time.process_time()
    new = changed(spec_of(*every), annotations if count > 1 else None)
    assert time.process_time() - began < 2
    assert FILES in new["containers"][-2]["volumeMounts"]


def test_more_mounts_than_a_pod_can_be_stored_with_are_refused_before_they_are_made() -> None:
    spec = spec_of(*({"name": f"c{index}"} for index in range(1000)))
    files = {f"agent-inject-secret-{index}": "secret/data/db" for index in range(200)}
    volumes = {f"secret-volume-path-{index}": f"/files/{index}" for index in range(200)}
    plan = planned(spec, {**files, **volumes})
    assert plan.spec is spec
    (message,) = messages(plan.whole.problems)
    assert "with which no pod can be stored" in message
    assert not planned(spec, {**files, **volumes, "agent-inject-containers": "c0"}).whole.problems


@pytest.mark.timed
def test_a_long_path_of_a_mount_is_compared_quickly() -> None:
    began = time.process_time()
    mount = {"name": "x", "mountPath": "/a" * 300_000}
    assert problems_of(spec_of(container(volumeMounts=[mount]))) == ()
    assert time.process_time() - began < 2


def test_a_patch_that_copies_without_end_is_refused() -> None:
    endless = patch(*[{"op": "copy", "from": "/env", "path": "/env/-"}] * 60)
    plan = planned(spec_of(container()), {"agent-json-patch": endless})
    assert plan.agent
    (message,) = messages(with_agent(plan.spec, plan.agent)[1])
    assert "the operations copy more than" in message


def test_agent_and_launcher_share_the_token_for_the_operators_audience() -> None:
    new = changed(spec_of(referring()), VAULT_TOKEN_AUDIENCE="vault")
    assert [volume["name"] for volume in new["volumes"]].count("vault-env-jwt") == 1
    for name in ("app", "vault-agent"):
        assert mounts(by_name(new, name))["/vault-jwt"] == "vault-env-jwt"


def test_two_audiences_in_one_pod_are_refused() -> None:
    own = ours(vault_token_audience="other")
    plan = planned(spec_of(referring()), own=own, VAULT_TOKEN_AUDIENCE="vault")
    (message,) = messages(plan.whole.problems)
    assert "a volume vault-env-jwt with something else in it" in message
    assert messages(planned(spec_of(container()), own=own, VAULT_TOKEN_AUDIENCE="vault").whole.problems) == ()
