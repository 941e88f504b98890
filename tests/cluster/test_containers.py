"""Every kind of image and container gets its secrets, and behaves as without the launcher."""

import json
from typing import Any

import pytest

from tests.cluster import images
from tests.cluster.images import Library
from tests.cluster.pods import Pods, Spec
from tests.cluster.product import CLUSTER_NAME, SECRET
from tests.servers.accounts import PULLER
from tests.servers.kubectl import KubectlFailed


def container(team: Pods, image: str, *command: str, **more: Any) -> dict[str, Any]:
    """Return a container whose variable KEY refers to the team's secret; without words it runs its image's command."""
    reference = {"name": "KEY", "value": f"vault:{CLUSTER_NAME}/data/{team.namespace}#test"}
    started = {"command": list(command)} if command else {}
    return {"name": "app", "image": image, "env": [reference], **started, **more}


def one(container: dict[str, Any], **more: Any) -> Spec:
    """A pod of one container."""
    return {"containers": [container], **more}


@pytest.mark.parametrize("library", ["none", "glibc", "musl"])
def test_a_program_starts_whatever_c_library_its_image_has(team: Pods, library: Library) -> None:
    image = team.node.registry.push(f"tests/show-{library}:1", images.show(library))

    team.start("app", one(container(team, image, "/show", "KEY", "VAULT_ADDR")))

    team.expect("app", f"KEY={SECRET}\nVAULT_ADDR=(not set)\n")


def test_the_entry_point_of_a_private_image_comes_from_its_registry(team: Pods) -> None:
    image = team.node.private_registry.push("team/show:1", images.show("none", cmd=["KEY"]))
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "my-pull-secret"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": team.node.private_registry.pull_secret(PULLER)},
    }
    team.kubectl("apply", "-f", "-", stdin=json.dumps(secret))

    team.start("app", one(container(team, image), imagePullSecrets=[{"name": "my-pull-secret"}]))

    team.expect("app", f"KEY={SECRET}\n")


def test_the_launcher_works_under_pod_security_restricted(team: Pods, shell_image: str) -> None:
    team.node.kubectl("label", "namespace", team.namespace, "pod-security.kubernetes.io/enforce=restricted")
    restricted = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    user = {"runAsNonRoot": True, "runAsUser": 12345, "seccompProfile": {"type": "RuntimeDefault"}}
    line = "echo $KEY; id -u; touch /file 2>/dev/null || echo read-only"

    spec = one(
        container(team, shell_image, "sh", "-c", line, securityContext=restricted), securityContext=user
    )
    assert team.finish("app", spec) == f"{SECRET}\n12345\nread-only\n"


def test_the_launcher_works_for_any_user_in_a_read_only_root(team: Pods, shell_image: str) -> None:
    for user in (0, 1, 65534):
        context = {"runAsUser": user, "runAsGroup": user, "readOnlyRootFilesystem": True}
        spec = one(container(team, shell_image, "sh", "-c", "echo $KEY; id -u", securityContext=context))
        assert team.finish(f"user-{user}", spec) == f"{SECRET}\n{user}\n"


def test_a_native_sidecar_runs_before_and_beside_the_program(team: Pods, shell_image: str) -> None:
    shared = {"name": "shared", "mountPath": "/shared"}
    write = "echo $KEY >/shared/key; trap 'exit 0' TERM; while :; do sleep 0.1; done"
    started = {"exec": {"command": ["grep", ".", "/shared/key"]}, "periodSeconds": 1}
    sidecar = {
        **container(team, shell_image, "sh", "-c", write, volumeMounts=[shared]),
        "name": "sidecar",
        "restartPolicy": "Always",
        "startupProbe": started,
    }
    app = container(team, shell_image, "sh", "-c", "cat /shared/key; echo $KEY", volumeMounts=[shared])
    spec = {"initContainers": [sidecar], "containers": [app], "volumes": [{"name": "shared", "emptyDir": {}}]}

    team.create("app", {"restartPolicy": "Never", **spec})
    team.wait("app", "jsonpath={.status.phase}=Succeeded")

    assert team.output("app") == f"{SECRET}\n{SECRET}\n"


def test_exec_probes_are_unchanged_and_succeed(team: Pods, shell_image: str) -> None:
    probe = {"exec": {"command": ["cat", "/tmp/healthy"]}, "periodSeconds": 1}
    line = "echo $KEY >/tmp/healthy; exec sleep 1000"

    team.start("app", one(container(team, shell_image, "sh", "-c", line, readinessProbe=probe)))

    assert team.execute("app", "cat", "/tmp/healthy") == f"{SECRET}\n"
    probe_command = team.get("app")["spec"]["containers"][0]["readinessProbe"]["exec"]["command"]
    assert probe_command == ["cat", "/tmp/healthy"]


@pytest.mark.parametrize("status", [0, 3])
def test_a_job_ends_with_the_status_of_its_program(team: Pods, shell_image: str, status: int) -> None:
    pod = {
        "restartPolicy": "Never",
        **one(container(team, shell_image, "sh", "-c", f"echo $KEY; exit {status}")),
    }
    template = {"metadata": {"annotations": team.annotations}, "spec": pod}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "job"},
        "spec": {"backoffLimit": 0, "template": template},
    }
    team.kubectl("apply", "-f", "-", stdin=json.dumps(job))
    team.kubectl("wait", f"--for=condition={'Failed' if status else 'Complete'}", "job/job", "--timeout=60s")

    name = team.kubectl("get", "pods", "--selector=job-name=job", "-o", "jsonpath={.items[0].metadata.name}")
    (state,) = team.get(name)["status"]["containerStatuses"]
    assert state["state"]["terminated"]["exitCode"] == status
    assert team.output(name) == f"{SECRET}\n"


def test_deleting_a_pod_ends_its_program_by_sigterm_at_once(team: Pods) -> None:
    image = team.node.registry.push("tests/show-none:1", images.show("none"))
    team.start("app", one(container(team, image, "/show", "KEY")))
    follow = team.node.kubectl.start("--namespace", team.namespace, "logs", "--follow", "app")

    team.kubectl("delete", "pod", "app", "--timeout=10s")  # of the 20 s that it would be given

    output, _ = follow.communicate(timeout=10)
    own = [line for line in output.splitlines() if not line.startswith("time=")]
    assert own == [f"KEY={SECRET}", "terminated"]


def test_a_pod_without_references_is_left_as_it_is(team: Pods, shell_image: str) -> None:
    plain = {"name": "app", "image": shell_image, "command": ["sh", "-c", "echo hello"]}

    assert team.finish("app", one(plain)) == "hello\n"
    assert "initContainers" not in team.get("app")["spec"]


def test_a_namespace_cannot_read_a_secret_of_another_namespace(team: Pods, shell_image: str) -> None:
    team.node.vault.put_secret(f"{CLUSTER_NAME}/data/other", test="not for you")
    team.node.vault.put_secret(f"{CLUSTER_NAME}/data/_shared/all", test="for everybody")
    shared = {"name": "KEY", "value": f"vault:{CLUSTER_NAME}/data/_shared/all#test"}
    other = {"name": "KEY", "value": f"vault:{CLUSTER_NAME}/data/other#test"}

    spec = one(container(team, shell_image, "sh", "-c", "echo $KEY", env=[shared]))
    assert team.finish("shared", spec) == "for everybody\n"
    log = team.fail("other", one(container(team, shell_image, "sh", "-c", "echo $KEY", env=[other])))

    assert "permission denied" in log
    assert "not for you" not in log


def test_a_refusal_names_webhook_container_and_variable(team: Pods, shell_image: str) -> None:
    broken = {"name": "KEY", "value": f"vault:{CLUSTER_NAME}/data/{team.namespace}"}

    with pytest.raises(KubectlFailed) as refused:
        team.create("app", one(container(team, shell_image, "sh", "-c", "echo $KEY", env=[broken])))

    message = str(refused.value)
    assert 'admission webhook "pods.vault-webhook.svc" denied the request: ' in message
    assert "container app" in message
    assert "KEY" in message
