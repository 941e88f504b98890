"""The launcher from its image as a volume, and from an init container, side by side on one node."""

import json
from typing import Any

import pytest

from tests.cluster.pods import Pods, eventually
from tests.cluster.product import SECRET
from tests.cluster.test_containers import container, one
from tests.servers.accounts import PULLER
from tests.servers.images import Image

MUCH = {"cpu": "100m", "memory": "32Mi"}


def volume_of(pod: dict[str, Any]) -> dict[str, Any]:
    """Return the pod's volume with the launcher."""
    (found,) = [volume for volume in pod["spec"]["volumes"] if volume["name"] == "vault-env"]
    return dict(found)


def test_a_pod_of_each_kind_reads_its_secret_and_lets_people_look(team: Pods, shell_image: str) -> None:
    spec = one(container(team, shell_image, "sleep", "infinity", resources={"limits": MUCH}))
    for delivery in ("image", "init"):
        team.start(delivery, spec, vault_env_delivery=delivery)

    image, init = team.get("image"), team.get("init")
    assert "initContainers" not in image["spec"]
    assert set(volume_of(image)["image"]) == {"reference", "pullPolicy"}
    assert [each["name"] for each in init["spec"]["initContainers"]] == ["copy-vault-env"]
    assert "emptyDir" in volume_of(init)
    for pod in (image, init):
        name = pod["metadata"]["name"]
        assert pod["status"]["qosClass"] == "Guaranteed"
        assert team.execute(name, "/vault/vault-env", "sh", "-c", "echo $KEY") == f"{SECRET}\n"


def test_nothing_can_be_written_where_the_launcher_is(team: Pods, shell_image: str) -> None:
    line = "echo $KEY; touch /vault/x 2>/dev/null || echo read-only"
    spec = one(container(team, shell_image, "sh", "-c", line))
    assert team.finish("app", spec, vault_env_delivery="image") == f"{SECRET}\nread-only\n"


def test_pod_security_restricted_admits_the_image_volume(team: Pods, shell_image: str) -> None:
    team.node.kubectl("label", "namespace", team.namespace, "pod-security.kubernetes.io/enforce=restricted")
    context = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 12345,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    spec = one(container(team, shell_image, "sh", "-c", "echo $KEY", securityContext=context))
    assert team.finish("app", spec, vault_env_delivery="image") == f"{SECRET}\n"


def test_a_mount_inside_of_the_launchers_gets_the_init_container(team: Pods, shell_image: str) -> None:
    mount = {"name": "data", "mountPath": "/vault/data"}
    line = "echo $KEY >/vault/data/key; cat /vault/data/key"
    spec = one(
        container(team, shell_image, "sh", "-c", line, volumeMounts=[mount]),
        volumes=[{"name": "data", "emptyDir": {}}],
    )
    assert team.finish("app", spec, vault_env_delivery="image") == f"{SECRET}\n"
    assert "emptyDir" in volume_of(team.get("app"))


@pytest.mark.parametrize("policy", ["Always", "IfNotPresent"])
def test_a_private_launcher_image_is_pulled_with_the_pods_pull_secret(
    team: Pods, shell_image: str, launcher_image: Image, policy: str
) -> None:
    private = team.node.private_registry.push(f"team/vault-env:{policy.lower()}", launcher_image)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "my-pull-secret"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": team.node.private_registry.pull_secret(PULLER)},
    }
    team.kubectl("apply", "-f", "-", stdin=json.dumps(secret))
    spec = one(
        container(team, shell_image, "sh", "-c", "echo $KEY"), imagePullSecrets=[{"name": "my-pull-secret"}]
    )
    written = team.finish(
        "app",
        spec,
        vault_env_image=private,
        vault_env_image_pull_policy=policy,
        vault_env_delivery="image",
    )
    assert written == f"{SECRET}\n"
    assert volume_of(team.get("app"))["image"] == {"reference": private, "pullPolicy": policy}


def test_a_container_that_is_restarted_reads_its_secret_again(team: Pods, shell_image: str) -> None:
    line = "echo $KEY; sleep 1"
    team.create("app", one(container(team, shell_image, "sh", "-c", line)), vault_env_delivery="image")

    def restarts() -> int:
        statuses = team.get("app")["status"].get("containerStatuses") or [{"restartCount": 0}]
        return int(statuses[0]["restartCount"])

    eventually(lambda: restarts() > 0 and team.output("app") == f"{SECRET}\n")


def test_the_nodes_of_this_cluster_get_the_image_volume_by_themselves(team: Pods, shell_image: str) -> None:
    """The versions of kubelet and runtime are those in the node's status."""
    assert (
        team.finish(
            "app", one(container(team, shell_image, "sh", "-c", "echo $KEY")), vault_env_delivery="auto"
        )
        == f"{SECRET}\n"
    )
    assert "image" in volume_of(team.get("app"))


def test_a_pod_with_a_runtime_class_gets_the_init_container(team: Pods, shell_image: str) -> None:
    """A RuntimeClass may be a sandbox without image volumes; here it is `runc`, so that the pod starts."""
    runtime = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": "runc"},
        "handler": "runc",
    }
    team.node.cluster.apply(json.dumps(runtime))
    spec = one(container(team, shell_image, "sh", "-c", "echo $KEY"), runtimeClassName="runc")
    assert team.finish("app", spec, vault_env_delivery="auto") == f"{SECRET}\n"
    assert "emptyDir" in volume_of(team.get("app"))
