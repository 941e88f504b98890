"""The node is a real one: pods start, speak, see their volumes and names, and log in to Vault."""

import json

import pytest

from tests.cluster import images
from tests.cluster.conftest import PodRunner
from tests.cluster.node import Node
from tests.servers.accounts import PULLER


@pytest.fixture(scope="session")
def shell_image(session_node: Node) -> str:
    """The reference of an image with a shell."""
    with session_node.network():
        return session_node.registry.push("tests/shell:1", images.shell())


def container(image: str, *command: str, **more: object) -> dict[str, object]:
    """A container that runs a shell command line."""
    return {"name": "app", "image": image, "command": ["sh", "-c", *command], **more}


def test_a_pod_runs_and_speaks_and_can_be_entered(run_pod: PodRunner, shell_image: str) -> None:
    run_pod("app", {"containers": [container(shell_image, "echo hello; exec sleep 1000")]})

    assert run_pod.kubectl("logs", "app") == "hello\n"
    assert run_pod.kubectl("exec", "app", "--", "sh", "-c", "echo $0 from inside") == "sh from inside\n"


def test_an_executable_is_copied_to_a_memory_volume_by_an_init_container(
    run_pod: PodRunner, shell_image: str
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

    log = run_pod.to_the_end("app", spec)

    assert log.startswith("copied\n")
    assert "tmpfs /tools tmpfs ro," in log
    assert log.endswith("read-only\n")


def test_names_of_vault_and_of_services_resolve_in_pods(run_pod: PodRunner, shell_image: str) -> None:
    line = "nslookup vault.example; nslookup kubernetes.default.svc.cluster.local"

    log = run_pod.to_the_end("app", {"containers": [container(shell_image, line)]})

    assert "10.200.0.2" in log
    assert "10.96.0.1" in log


def test_a_projected_token_logs_in_to_vault(node: Node, run_pod: PodRunner, shell_image: str) -> None:
    role = {
        "bound_service_account_names": ["default"],
        "bound_service_account_namespaces": [run_pod.namespace],
    }
    node.vault.write(
        f"auth/kubernetes/role/{run_pod.namespace}", {**role, "audience": "vault", "token_policies": ["p"]}
    )
    source = {"serviceAccountToken": {"path": "token", "audience": "vault", "expirationSeconds": 600}}
    spec = {
        "containers": [
            container(shell_image, "exec sleep 1000", volumeMounts=[{"name": "token", "mountPath": "/token"}])
        ],
        "volumes": [{"name": "token", "projected": {"sources": [source]}}],
    }
    run_pod("app", spec)

    jwt = run_pod.kubectl("exec", "app", "--", "cat", "/token/token")
    login = node.vault.request(
        "POST", "auth/kubernetes/login", {"role": run_pod.namespace, "jwt": jwt}, token=""
    )

    assert login["auth"]["metadata"]["service_account_namespace"] == run_pod.namespace


def test_the_pods_network_has_no_way_out(run_pod: PodRunner, shell_image: str) -> None:
    line = "nslookup example.org; nc -w 2 192.0.2.1 80; echo status $?"

    log = run_pod.to_the_end("app", {"containers": [container(shell_image, line)]})

    assert "NXDOMAIN" in log
    assert "status 1" in log


def test_a_private_image_needs_its_pull_secret(node: Node, run_pod: PodRunner) -> None:
    private = node.private_registry.push("team/app:1", images.shell())
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": node.private_registry.pull_secret(PULLER)},
    }
    run_pod.kubectl("apply", "-f", "-", stdin=json.dumps(secret))

    run_pod(
        "with",
        {"containers": [container(private, "exec sleep 1000")], "imagePullSecrets": [{"name": "pull"}]},
    )
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}=ErrImagePull"
    alone = container(private, "exec sleep 1000", imagePullPolicy="Always")
    run_pod("without", {"containers": [alone]}, until=waiting)


def test_a_deployment_gets_its_pods_and_a_service_reaches_them(run_pod: PodRunner, shell_image: str) -> None:
    serve = "while true; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\nfrom the pod' | nc -l -p 8080; done"
    run_pod.kubectl(
        "create", "deployment", "web", f"--image={shell_image}", "--replicas=2", "--", "sh", "-c", serve
    )
    run_pod.kubectl("expose", "deployment", "web", "--port=80", "--target-port=8080")
    run_pod.kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    address = run_pod.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")

    ask = f"until printf 'GET /\\r\\n\\r\\n' | nc -w 2 {address} 80 | grep from; do sleep 0.1; done"
    assert "from the pod" in run_pod.to_the_end("client", {"containers": [container(shell_image, ask)]})
