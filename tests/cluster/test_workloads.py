"""Pods of every workload kind, and the webhook's features beside references, run by the kubelet."""

import json
from typing import Any

import pytest

from tests.cluster import images
from tests.cluster.node import Node
from tests.cluster.pods import Pods, eventually
from tests.cluster.product import CLUSTER_NAME, SECRET
from tests.cluster.test_containers import container, one

LINE = "echo $KEY; exec sleep 1000"


def workload(team: Pods, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A manifest of that kind, named `app`, with one container."""
    labels = {"app": "app"}
    template = {"metadata": {"annotations": team.annotations, "labels": labels}, "spec": spec}
    if kind == "Job":
        body: dict[str, Any] = {"template": template}
    elif kind == "CronJob":
        body = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}}
    else:
        body = {"selector": {"matchLabels": labels}, "template": template}
    if kind == "StatefulSet":
        body["serviceName"] = "app"
    group = "batch/v1" if kind in ("Job", "CronJob") else "apps/v1"
    return {"apiVersion": group, "kind": kind, "metadata": {"name": "app"}, "spec": body}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"])
def test_a_pod_of_every_workload_kind_gets_its_secrets(team: Pods, shell_image: str, kind: str) -> None:
    runs_once = kind in ("Job", "CronJob")
    line = "echo $KEY" if runs_once else LINE
    spec = one(container(team, shell_image, "sh", "-c", line))
    manifest = workload(team, kind, {**spec, "restartPolicy": "Never"} if runs_once else spec)
    team.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    if kind == "CronJob":
        team.kubectl("create", "job", "now", "--from=cronjob/app")

    def names() -> list[str]:
        return team.kubectl(
            "get", "pods", "-l", "app=app", "-o", "jsonpath={.items[*].metadata.name}"
        ).split()

    eventually(lambda: bool(names()))
    name = names()[0]  # a CronJob makes another pod with each minute
    team.wait(name, "jsonpath={.status.phase}=Succeeded" if runs_once else "condition=Ready")
    team.expect(name, f"{SECRET}\n")


def test_a_pod_logs_in_with_a_token_for_the_audience_of_its_role(
    team: Pods, node: Node, shell_image: str
) -> None:
    role = f"auth/{CLUSTER_NAME}/role/{team.namespace}"
    node.vault.write(role, {**node.vault.read(role), "audience": "vault"})
    spec = one(container(team, shell_image, "sh", "-c", "echo $KEY"), automountServiceAccountToken=False)

    assert team.finish("with", spec, vault_token_audience="vault") == f"{SECRET}\n"
    assert "failed to request new Vault token" in team.fail("other", spec, vault_token_audience="other")


@pytest.mark.parametrize("user", [0, 1000])
def test_the_token_of_an_audience_can_be_read_by_any_user(team: Pods, shell_image: str, user: int) -> None:
    context = {"runAsUser": user, "runAsGroup": user}
    app = container(team, shell_image, "sh", "-c", "echo $KEY; id -u", securityContext=context)

    audience = "https://kubernetes.default.svc.cluster.local"
    assert team.finish("app", one(app), vault_token_audience=audience) == f"{SECRET}\n{user}\n"


def test_a_token_of_the_pod_is_used_instead_of_a_login(team: Pods, node: Node, shell_image: str) -> None:
    token = node.vault.new_token(f"{CLUSTER_NAME}-{team.namespace}")
    write = {
        "name": "write",
        "image": shell_image,
        "command": ["sh", "-c", f"echo {token} >/tokens/vault"],
        "volumeMounts": [{"name": "tokens", "mountPath": "/tokens"}],
    }
    spec = one(
        container(team, shell_image, "sh", "-c", "echo $KEY"),
        initContainers=[write],
        volumes=[{"name": "tokens", "emptyDir": {"medium": "Memory"}}],
    )

    assert team.finish("app", spec, token_auth_mount="tokens:vault", vault_role="none") == f"{SECRET}\n"


def test_a_mount_below_the_launchers_starts(team: Pods, shell_image: str) -> None:
    mount = {"name": "config", "mountPath": "/vault/config"}
    app = container(team, shell_image, "sh", "-c", "echo $KEY; ls -d /vault/config", volumeMounts=[mount])

    log = team.finish("app", one(app, volumes=[{"name": "config", "emptyDir": {}}]))

    assert log == f"{SECRET}\n/vault/config\n"


def test_from_path_serves_only_the_named_containers(team: Pods, shell_image: str) -> None:
    path = f"{CLUSTER_NAME}/data/{team.namespace}"
    taker, other = (
        {"name": name, "image": shell_image, "command": ["sh", "-c", "echo [$test]"]} for name in ("a", "b")
    )
    spec = {"containers": [taker, other]}

    team.create(
        "app",
        {"restartPolicy": "Never", **spec},
        vault_env_from_path=path,
        vault_env_from_path_exclude="b",
    )
    team.wait("app", "jsonpath={.status.phase}=Succeeded")

    assert [team.output("app", name) for name in ("a", "b")] == [f"[{SECRET}]\n", "[]\n"]


def test_hooks_and_probes_get_the_secrets_when_annotated(team: Pods, shell_image: str) -> None:
    hook = {"exec": {"command": ["sh", "-c", "echo $KEY >/tmp/hook"]}}
    probe = {"exec": {"command": ["sh", "-c", f'test "$KEY" = {SECRET}']}, "periodSeconds": 1}
    app = container(team, shell_image, "sh", "-c", LINE, lifecycle={"postStart": hook}, readinessProbe=probe)

    team.start("app", one(app), mutate_lifecycle_hooks="true", mutate_probes="true", vault_env_reuse="true")

    assert team.execute("app", "cat", "/tmp/hook") == f"{SECRET}\n"


def debug(team: Pods, image: str, name: str, *options: str) -> str:
    """Add a container to the pod `app` by `kubectl debug`, and return its output after its end."""
    line = ("--", "sh", "-c", "echo got $KEY")
    team.kubectl("debug", "app", f"--image={image}", f"--container={name}", *options, *line)

    def ended() -> bool:
        found = team.get("app")["status"].get("ephemeralContainerStatuses", [])
        return any(each["name"] == name and "terminated" in each["state"] for each in found)

    eventually(ended, timeout_s=90)  # the kubelet may first see it at its next full round
    return team.output("app", name)


def test_a_debugging_container_reads_its_references(team: Pods, shell_image: str) -> None:
    team.start("app", one(container(team, shell_image, "sh", "-c", LINE)))
    reference = f"--env=KEY=vault:{CLUSTER_NAME}/data/{team.namespace}#test"

    assert debug(team, shell_image, "debugger", reference) == f"got {SECRET}\n"
    assert debug(team, shell_image, "plain", "--env=KEY=vault:8200") == "got vault:8200\n"


def test_a_refused_pod_has_an_event_about_its_replica_set(team: Pods) -> None:
    image = team.node.registry.push("tests/show-none:1", images.show("none"))
    broken = {"name": "KEY", "value": "vault:no/key"}
    manifest = workload(team, "Deployment", one(container(team, image, "/show", "KEY", env=[broken])))
    team.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))

    def is_reported() -> bool:
        events = json.loads(team.kubectl("get", "events.events.k8s.io", "-o", "json"))["items"]
        ours = [event for event in events if event["reportingController"] == "vault-webhook"]
        return any(
            event["regarding"]["kind"] == "ReplicaSet" and "variable KEY" in event["note"] for event in ours
        )

    eventually(is_reported)
