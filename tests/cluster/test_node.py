"""The node is a real one: pods start, speak, see their volumes and names, and log in to Vault."""

import json

from tests.cluster import images
from tests.cluster.node import Node
from tests.cluster.pods import Pods
from tests.servers.accounts import PULLER


def container(image: str, *command: str, **more: object) -> dict[str, object]:
    """A container that runs a shell command line."""
    return {"name": "app", "image": image, "command": ["sh", "-c", *command], **more}


def test_a_pod_runs_and_speaks_and_can_be_entered(pods: Pods, shell_image: str) -> None:
    pods.start("app", {"containers": [container(shell_image, "echo hello; exec sleep 1000")]})

    assert pods.kubectl("logs", "app") == "hello\n"
    assert pods.kubectl("exec", "app", "--", "sh", "-c", "echo $0 from inside") == "sh from inside\n"


def test_an_executable_is_copied_to_a_memory_volume_by_an_init_container(
    pods: Pods, shell_image: str
) -> None:
    mount = {"name": "tools", "mountPath": "/tools"}
    copy = {
        "name": "copy",
        "image": shell_image,
        "command": ["cp", "/bin/busybox", "/tools/sh"],
        "volumeMounts": [mount],
    }
    line = "/tools/sh -c 'echo copied'; grep /tools /proc/mounts; touch /tools/more 2>/dev/null || echo read-only"
    spec = {
        "initContainers": [copy],
        "containers": [container(shell_image, line, volumeMounts=[{**mount, "readOnly": True}])],
        "volumes": [{"name": "tools", "emptyDir": {"medium": "Memory", "sizeLimit": "32Mi"}}],
    }

    log = pods.finish("app", spec)

    assert log.startswith("copied\n")
    assert "tmpfs /tools tmpfs ro," in log
    assert log.endswith("read-only\n")


def test_names_of_vault_and_of_services_resolve_in_pods(pods: Pods, shell_image: str) -> None:
    line = "nslookup vault.example; nslookup kubernetes.default.svc.cluster.local"

    log = pods.finish("app", {"containers": [container(shell_image, line)]})

    assert "10.200.0.2" in log
    assert "10.96.0.1" in log


def test_a_projected_token_logs_in_to_vault(node: Node, pods: Pods, shell_image: str) -> None:
    role = {
        "bound_service_account_names": ["default"],
        "bound_service_account_namespaces": [pods.namespace],
    }
    node.vault.write(
        f"auth/kubernetes/role/{pods.namespace}", {**role, "audience": "vault", "token_policies": ["p"]}
    )
    source = {"serviceAccountToken": {"path": "token", "audience": "vault", "expirationSeconds": 600}}
    spec = {
        "containers": [
            container(shell_image, "exec sleep 1000", volumeMounts=[{"name": "token", "mountPath": "/token"}])
        ],
        "volumes": [{"name": "token", "projected": {"sources": [source]}}],
    }
    pods.start("app", spec)

    jwt = pods.kubectl("exec", "app", "--", "cat", "/token/token")
    login = node.vault.request(
        "POST", "auth/kubernetes/login", {"role": pods.namespace, "jwt": jwt}, token=""
    )

    assert login["auth"]["metadata"]["service_account_namespace"] == pods.namespace


def test_the_pods_network_has_no_way_out(pods: Pods, shell_image: str) -> None:
    line = "nslookup example.org; nc -w 2 192.0.2.1 80; echo status $?"

    log = pods.finish("app", {"containers": [container(shell_image, line)]})

    assert "NXDOMAIN" in log
    assert "status 1" in log


def test_a_private_image_needs_its_pull_secret(node: Node, pods: Pods) -> None:
    private = node.private_registry.push("team/app:1", images.shell())
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": node.private_registry.pull_secret(PULLER)},
    }
    pods.kubectl("apply", "-f", "-", stdin=json.dumps(secret))

    pods.start(
        "with",
        {"containers": [container(private, "exec sleep 1000")], "imagePullSecrets": [{"name": "pull"}]},
    )
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}=ErrImagePull"
    without_secret = container(private, "exec sleep 1000", imagePullPolicy="Always")
    pods.create("without", {"containers": [without_secret]})
    pods.wait("without", waiting)


def test_a_deployment_gets_its_pods_and_a_service_reaches_them(pods: Pods, shell_image: str) -> None:
    serve = "while true; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\nfrom the pod' | nc -l -p 8080; done"
    pods.kubectl(
        "create", "deployment", "web", f"--image={shell_image}", "--replicas=2", "--", "sh", "-c", serve
    )
    pods.kubectl("expose", "deployment", "web", "--port=80", "--target-port=8080")
    pods.kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    address = pods.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")

    client_command = (
        f"until printf 'GET /\\r\\n\\r\\n' | nc -w 2 {address} 80 | grep from; do sleep 0.1; done"
    )
    assert "from the pod" in pods.finish("client", {"containers": [container(shell_image, client_command)]})
