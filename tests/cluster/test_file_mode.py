"""HashiCorp's annotations for files: the manuals' manifests, unchanged except for image and address."""

import json
import re
from typing import Any

import pytest

from tests.cluster.node import Node
from tests.cluster.pods import Pods, eventually
from tests.cluster.product import Product
from tests.servers.kubectl import KubectlFailed

SECRET = "secret/data/team"
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 12345,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.fixture
def files(product: Product, node: Node, namespace: str) -> Pods:
    """A team whose role `app` may read its secret at `secret/data/team-NAMESPACE`, by Vault's auth/kubernetes."""
    product.add(namespace)
    node.vault.put_secret(path_of(namespace), username="app_user", password="s3cur3-p@ssw0rd", port="5432")
    rules = f'path "{path_of(namespace)}" {{ capabilities = ["read"] }}'
    node.vault.policy(f"files-{namespace}", rules + '\npath "pki/issue/app" { capabilities = ["update"] }')
    role: dict[str, object] = {
        "bound_service_account_names": "*",
        "bound_service_account_namespaces": namespace,
        "policies": f"files-{namespace}",
        "ttl": "1h",
    }
    node.vault.write(f"auth/kubernetes/role/{namespace}", role)
    return Pods(node, namespace)


def path_of(namespace: str) -> str:
    """Return the path of the team's secret."""
    return f"{SECRET}-{namespace}"


def annotated(team: Pods, **annotations: str) -> dict[str, str]:
    """Return the annotations for the team's secret as the file `db-creds`, and others; `PATH` is the secret's path."""
    own = {
        "agent-inject": "true",
        "role": team.namespace,
        "agent-inject-secret-db-creds": "PATH",
        **{key.replace("_", "-"): text for key, text in annotations.items()},
    }
    path = path_of(team.namespace)
    return {f"vault.hashicorp.com/{key}": text.replace("PATH", path) for key, text in own.items()}


def deployment(team: Pods, image: str, annotations: dict[str, str], *words: str) -> str:
    """Return a Deployment `app` with a container that runs these words."""
    labels = {"app": "app"}
    container = {"name": "app", "image": image, "command": list(words)}
    template = {
        "metadata": {"annotations": annotations, "labels": labels},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
    }
    spec = {"selector": {"matchLabels": labels}, "template": template}
    manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "app"}, "spec": spec}
    return json.dumps(manifest)


def start(team: Pods, image: str, annotations: dict[str, str], line: str, **spec: Any) -> None:
    """Create the pod `app` that runs the line in a shell."""
    app = {"name": "app", "image": image, "command": ["sh", "-c", line], **spec.pop("container", {})}
    body = {"containers": [app], "terminationGracePeriodSeconds": 1, **spec}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app", "annotations": annotations}}
    team.kubectl("create", "-f", "-", stdin=json.dumps({**pod, "spec": body}))


def read(team: Pods, file: str, pod: str = "app") -> str:
    """Return the file below /vault/secrets as the program sees it."""
    return team.kubectl("exec", pod, "-c", "app", "--", "cat", f"/vault/secrets/{file}")


def test_a_patched_deployment_gets_its_file_as_upstream_writes_it(shell_image: str, files: Pods) -> None:
    """Seed 001: annotations are patched into a running Deployment, first without and then with a template."""
    files.kubectl("create", "-f", "-", stdin=deployment(files, shell_image, {}, "sleep", "10000"))
    short = {"spec": {"template": {"metadata": {"annotations": annotated(files)}}}}
    files.kubectl("patch", "deployment", "app", "--patch", json.dumps(short))
    files.kubectl("rollout", "status", "deployment/app", "--timeout=60s")

    shown = read(files, "db-creds", "deployment/app")
    data = "data: map[password:s3cur3-p@ssw0rd port:5432 username:app_user]\n"
    metadata = (
        r"metadata: map\[created_time:\S+ custom_metadata:<nil> deletion_time: destroyed:false version:1\]\n"
    )
    assert re.fullmatch(re.escape(data) + metadata, shown)

    template = (
        '{{- with secret "PATH" -}}\n'
        "postgresql://{{ .Data.data.username }}:{{ .Data.data.password }}@postgres:5432/wizard\n{{- end }}\n"
    )
    longer = annotated(files, agent_inject_status="update", agent_inject_template_db_creds=template)
    patch = {"spec": {"template": {"metadata": {"annotations": longer}}}}
    files.kubectl("patch", "deployment", "app", "--patch", json.dumps(patch))
    files.kubectl("rollout", "status", "deployment/app", "--timeout=60s")
    written = "postgresql://app_user:s3cur3-p@ssw0rd@postgres:5432/wizard"
    eventually(lambda: read(files, "db-creds", "deployment/app").strip() == written)


def test_a_program_sources_its_file(shell_image: str, files: Pods) -> None:
    """Seeds 002 and 004: a shell reads the lines of the file as variables, and becomes the program."""
    template = (
        '{{- with secret "PATH" -}}\nexport DB_PORT={{ .Data.data.port }}\n'
        "export DB_PASS={{ .Data.data.password }}\n{{- end }}\n"
    )
    line = "source /vault/secrets/db-creds && exec sh -c 'echo $DB_PORT $DB_PASS; sleep 1000'"
    start(files, shell_image, annotated(files, agent_inject_template_db_creds=template), line)
    files.wait("app")
    files.expect("app", "5432 s3cur3-p@ssw0rd\n")
    names = [each["name"] for each in files.get("app")["spec"]["containers"]]
    assert names == ["app", "vault-agent"]
    assert files.get("app")["spec"]["initContainers"][-1]["name"] == "vault-agent-init"


def test_a_new_value_arrives(shell_image: str, node: Node, files: Pods) -> None:
    """Seed 004's rotation, with its cache and user."""
    template = '{{- with secret "PATH" -}}{{ .Data.data.password }}{{- end }}'
    chosen = {
        "agent_cache_enable": "true",
        "agent_run_as_user": "1000",
        "template_static_secret_render_interval": "3s",
        "agent_inject_template_db_creds": template,
    }
    start(files, shell_image, annotated(files, **chosen), "sleep 1000")
    files.wait("app")
    assert read(files, "db-creds") == "s3cur3-p@ssw0rd"
    node.vault.put_secret(path_of(files.namespace), password="another")
    eventually(lambda: read(files, "db-creds") == "another")


def test_a_certificate_is_replaced_before_it_ends(shell_image: str, node: Node, files: Pods) -> None:
    if "pki/" not in node.vault.read("sys/mounts"):
        node.vault.mount("pki", "pki")
        node.vault.write("pki/root/generate/internal", {"common_name": "ca.example", "ttl": "1h"})
    node.vault.write("pki/roles/app", {"allow_any_name": True, "max_ttl": "1h"})
    template = '{{- with secret "pki/issue/app" "common_name=app.example" "ttl=15s" -}}{{ .Data.serial_number }}{{- end }}'
    annotations = annotated(files, agent_inject_template_serial=template)
    start(files, shell_image, annotations, "sleep 1000")
    files.wait("app")
    first = read(files, "serial")
    assert ":" in first
    eventually(lambda: read(files, "serial") not in ("", first))


def test_the_files_of_a_restricted_namespace(shell_image: str, files: Pods) -> None:
    files.node.kubectl("label", "namespace", files.namespace, "pod-security.kubernetes.io/enforce=restricted")
    annotations = annotated(files, agent_inject_perms_db_creds="0400", agent_run_as_same_user="true")
    line = "head -c 5 /vault/secrets/db-creds; echo; sleep 1000"
    start(files, shell_image, annotations, line, container={"securityContext": RESTRICTED})
    files.wait("app")
    files.expect("app", "data:\n")
    refused = "touch /vault/secrets/x || echo read-only"
    assert (
        files.kubectl("exec", "app", "-c", "app", "--", "sh", "-c", f"{refused} 2>/dev/null") == "read-only\n"
    )


@pytest.mark.parametrize(
    "chosen",
    [
        {"vault.hashicorp.com/agent-pre-populate-only": "true"},
        {"vault.security.banzaicloud.io/vault-agent-sidecar": "native"},
    ],
    ids=["init", "native"],
)
def test_a_job_with_files_ends(shell_image: str, files: Pods, chosen: dict[str, str]) -> None:
    line = "head -c 5 /vault/secrets/db-creds"
    start(files, shell_image, {**annotated(files), **chosen}, line, restartPolicy="Never")
    files.wait("app", "jsonpath={.status.phase}=Succeeded")
    assert files.output("app") == "data:"


def test_a_forbidden_path_is_logged_and_the_program_does_not_start(shell_image: str, files: Pods) -> None:
    annotations = annotated(files, agent_inject_secret_other="secret/data/other-team")
    start(files, shell_image, annotations, "echo started; sleep 1000")
    logs = ("logs", "app", "-c", "vault-agent-init")
    eventually(lambda: "other-team" in files.node.kubectl.run("-n", files.namespace, *logs).stdout)
    assert "permission denied" in files.kubectl(*logs)
    assert files.get("app")["status"]["phase"] == "Pending"


def test_a_pod_may_have_references_and_files(shell_image: str, files: Pods) -> None:
    own = {
        "vault.security.banzaicloud.io/vault-role": files.namespace,
        "vault.security.banzaicloud.io/vault-path": "kubernetes",
    }
    env = [{"name": "PASSWORD", "value": f"vault:{path_of(files.namespace)}#password"}]
    line = "echo $PASSWORD; head -c 5 /vault/secrets/db-creds; echo; sleep 1000"
    start(files, shell_image, {**annotated(files), **own}, line, container={"env": env})
    files.wait("app")
    files.expect("app", "s3cur3-p@ssw0rd\ndata:\n")


def test_a_bad_template_is_refused_before_the_pod_exists(shell_image: str, files: Pods) -> None:
    annotations = annotated(files, agent_inject_template_db_creds='{{ with secret "PATH" }}')
    with pytest.raises(KubectlFailed, match="line 1"):
        start(files, shell_image, annotations, "sleep 1000")
