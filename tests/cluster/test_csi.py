"""Files by the Secrets Store CSI driver, with the manual's names: kubelet, driver, provider, Vault and pods are real."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import images
from tests.cluster.addresses import VAULT_NAMES
from tests.cluster.csi_driver import NAME, CsiDriver
from tests.cluster.node import Node
from tests.cluster.pods import Pods, eventually
from tests.servers.images import Image
from tests.vaultcsi.provider import ACCOUNT, NAMESPACE, ROOT

LONGEST_ROTATION_S = 240
"""The kubelet mounts again at its next look at the pod, every minute or so."""
EXAMPLE = (ROOT / "docs/examples/secret-provider-class.yaml").read_text()
CLASS = EXAMPLE.partition("---")[0]


@pytest.fixture(scope="module")
def driver(
    csi_driver: CsiDriver, provider_image: Image, session_node: Node, session_folder: Path
) -> CsiDriver:
    """Yield the driver with the provider, installed from its manifests."""
    with session_node.network():
        reference = session_node.registry.push("csi/provider:1", provider_image)
        _install_provider(session_node, session_folder / "csi", reference)
    return csi_driver


def _install_provider(node: Node, folder: Path, reference: str) -> None:
    folder.mkdir()
    shutil.copytree(ROOT / "manifests/csi", folder / "csi")
    name, _, tag = reference.rpartition(":")
    metadata = {"name": ACCOUNT, "namespace": NAMESPACE}
    settings = {
        "VAULT_ADDR": f"https://{VAULT_NAMES[0]}",
        "VAULT_CACERT": "/vault-ca/ca.crt",
        "PODS_INTERVAL": "1s",
    }
    trust = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {**metadata, "name": f"{ACCOUNT}-ca"},
        "stringData": {"ca.crt": node.authority.ca_file.read_text()},
    }
    (folder / "trust.json").write_text(json.dumps(trust))
    overlay = {
        "components": ["csi"],
        "resources": ["trust.json"],
        "images": [{"name": ACCOUNT, "newName": name, "newTag": tag}],
        "patches": [
            {
                "patch": json.dumps(
                    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": settings}
                )
            }
        ],
    }
    (folder / "kustomization.yaml").write_text(json.dumps(overlay))
    node.kubectl("apply", "-k", str(folder))
    done = node.kubectl.run("-n", NAMESPACE, "rollout", "status", f"daemonset/{ACCOUNT}", "--timeout=60s")
    said = (
        node.kubectl.run("-n", NAMESPACE, *what).stdout
        for what in (("describe", "pods"), ("logs", f"ds/{ACCOUNT}"))
    )
    assert done.returncode == 0, "\n".join([done.stderr, *said])


@pytest.fixture
def tenant(driver: CsiDriver, node: Node, pods: Pods) -> Pods:
    """The test's namespace with the ServiceAccount, the class and the role of the manual."""
    node.vault.put_secret("secret/data/database/secret", username="myusername", password="mypassword")
    node.vault.policy("db-policy", 'path "secret/data/database/*" { capabilities = ["read"] }')
    role = {"bound_service_account_names": "db", "bound_service_account_namespaces": pods.namespace}
    node.vault.write("auth/kubernetes/role/database", {**role, "policies": "db-policy", "ttl": "20m"})
    pods.kubectl("create", "serviceaccount", "db")
    pods.kubectl("apply", "-f", "-", stdin=CLASS)
    return pods


def spec(shell_image: str, of: str = "db-secret-class") -> dict[str, Any]:
    """Return a pod that mounts the class, as in the manual."""
    container = {
        "name": "app",
        "image": shell_image,
        "command": ["/bin/sleep", "10000"],
        "volumeMounts": [{"name": "vault-db-creds", "mountPath": "/mnt/secrets-store", "readOnly": True}],
    }
    volume = {
        "name": "vault-db-creds",
        "csi": {"driver": NAME, "readOnly": True, "volumeAttributes": {"secretProviderClass": of}},
    }
    return {
        "serviceAccountName": "db",
        "terminationGracePeriodSeconds": 0,
        "containers": [container],
        "volumes": [volume],
    }


def read(pods: Pods, pod: str, name: str) -> str:
    return pods.execute(pod, "cat", f"/mnt/secrets-store/{name}")


def events(pods: Pods, pod: str) -> str:
    return pods.kubectl(
        "get", "events", f"--field-selector=involvedObject.name={pod}", "-o", "jsonpath={.items[*].message}"
    )


def test_a_pod_has_the_files_and_a_status_as_in_the_manual(tenant: Pods, node: Node) -> None:
    node.registry.push("library/alpine:latest", images.shell())
    tenant.kubectl("apply", "-f", "-", stdin=EXAMPLE)
    tenant.kubectl("rollout", "status", "deployment/app", "--timeout=60s")
    pod = tenant.kubectl("get", "pods", "--selector=app=demo", "-o", "jsonpath={.items[0].metadata.name}")
    listed = tenant.execute(pod, "ls", "-l", "/mnt/secrets-store/")
    assert re.findall(r"(\S+ -> \S+)", listed) == [
        "obj-password -> ..data/obj-password",
        "obj-username -> ..data/obj-username",
    ]
    values = (read(tenant, pod, "obj-username"), read(tenant, pod, "obj-password"))
    assert values == ("myusername", "mypassword")
    status = json.loads(tenant.kubectl("get", "secretproviderclasspodstatuses", "-o", "json"))["items"][0]
    assert status["metadata"]["name"] == f"{pod}-{tenant.namespace}-db-secret-class"
    assert status["status"]["mounted"] is True
    assert [entry["id"] for entry in status["status"]["objects"]] == ["obj-password", "obj-username"]
    assert all(re.fullmatch(r"[\w-]{43}=", entry["version"]) for entry in status["status"]["objects"])


def test_a_wrong_role_is_an_event_with_a_remedy(tenant: Pods, shell_image: str) -> None:
    wrong = CLASS.replace("db-secret-class", "wrong").replace("roleName: database", "roleName: db")
    tenant.kubectl("apply", "-f", "-", stdin=wrong)
    tenant.create("refused", spec(shell_image, "wrong"))
    eventually(lambda: "MountVolume.SetUp failed" in events(tenant, "refused"))
    message = events(tenant, "refused")
    assert 'couldn\'t read secret "obj-username": failed to login: Error making API request' in message
    assert 'invalid role name "db"' in message
    assert "correct roleName of the SecretProviderClass" in message


def test_a_pod_of_a_time_without_vault_waits_and_starts_with_its_files(
    tenant: Pods, node: Node, shell_image: str
) -> None:
    node.vault.seal()
    try:
        tenant.create("app", spec(shell_image))
        eventually(lambda: "Vault is sealed" in events(tenant, "app"), lambda: events(tenant, "app"))
    finally:
        node.vault.unseal()
    tenant.wait("app")
    assert read(tenant, "app", "obj-username") == "myusername"


def test_a_role_of_another_namespace_is_refused(tenant: Pods, node: Node, shell_image: str) -> None:
    other = f"{tenant.namespace}-other"
    node.cluster.create_namespace(other)
    try:
        stranger = Pods(node, other)
        stranger.kubectl("create", "serviceaccount", "db")
        stranger.kubectl("apply", "-f", "-", stdin=CLASS)
        stranger.create("app", spec(shell_image))
        eventually(lambda: "403" in events(stranger, "app"))
        assert "must be bound to this ServiceAccount" in events(stranger, "app")
    finally:
        node.kubectl("delete", "namespace", other, "--wait=false")


@pytest.mark.long
def test_pods_survive_restarts_of_driver_and_provider_and_rotation_brings_new_values(
    tenant: Pods, driver: CsiDriver, node: Node, shell_image: str
) -> None:
    tenant.start("app", spec(shell_image))
    driver.restart(rotates=False)
    node.kubectl("-n", NAMESPACE, "rollout", "restart", f"daemonset/{ACCOUNT}")
    node.kubectl("-n", NAMESPACE, "rollout", "status", f"daemonset/{ACCOUNT}", "--timeout=60s")
    tenant.start("later", spec(shell_image))
    assert read(tenant, "later", "obj-username") == "myusername"
    node.vault.put_secret("secret/data/database/secret", username="myusername2", password="mypassword2")
    tenant.start("recreated", spec(shell_image))
    assert read(tenant, "recreated", "obj-username") == "myusername2"
    assert read(tenant, "app", "obj-username") == "myusername"
    driver.restart()
    eventually(
        lambda: read(tenant, "app", "obj-username") == "myusername2", driver.log, timeout_s=LONGEST_ROTATION_S
    )
    assert read(tenant, "app", "obj-password") == "mypassword2"


def test_a_pod_that_is_gone_leaves_no_token(tenant: Pods, node: Node, shell_image: str) -> None:
    def tokens() -> set[str]:
        return set(node.vault.request("LIST", "auth/token/accessors")["data"]["keys"])

    before = tokens()
    tenant.start("app", spec(shell_image))
    made = tokens() - before
    assert len(made) == 1
    tenant.kubectl("delete", "pod", "app")
    eventually(lambda: not made & tokens())


@pytest.mark.long
def test_pods_have_their_files_again_after_a_reboot_of_the_node(
    tenant: Pods, driver: CsiDriver, node: Node, shell_image: str
) -> None:
    tenant.start("app", spec(shell_image))
    before = {pod: count for pod, count in restarts(node).items() if count >= 0}
    driver.stop()
    node.worker.reboot()
    older_than_a_rotation(node)
    driver.start()

    def are_back() -> bool:
        now = restarts(node)
        return all(now[pod] > count for pod, count in before.items() if pod in now)

    eventually(are_back, lambda: f"{before} {restarts(node)}\n{driver.log()}", timeout_s=120)
    tenant.wait("app")
    assert read(tenant, "app", "obj-username") == "myusername"


def restarts(node: Node) -> dict[str, int]:
    """Return the number of restarts of each running pod's containers, -1 for a pod that is not ready."""
    pods = json.loads(node.kubectl("get", "pods", "--all-namespaces", "-o", "json"))["items"]
    found = {}
    for pod in pods:
        statuses = pod["status"].get("containerStatuses", ())
        if pod["spec"]["restartPolicy"] == "Always" and "deletionTimestamp" not in pod["metadata"]:
            is_ready = bool(statuses) and all(status["ready"] for status in statuses)
            found[pod["metadata"]["uid"]] = sum(each["restartCount"] for each in statuses) if is_ready else -1
    return found


def older_than_a_rotation(node: Node) -> None:
    """Set the age of the volumes' folders to that of pods that have run for a while.

    The driver takes a folder that is younger than the time between rotations for a mount, although nothing is mounted there.
    """
    line = "touch -d '1 hour ago' /var/lib/kubelet/pods/*/volumes/kubernetes.io~csi/*/mount"
    subprocess.run(node.namespaces.command(["sh", "-c", line]), check=True)
