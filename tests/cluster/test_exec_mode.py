"""HashiCorp's annotations in exec mode: environment variables of a program in an image without a shell."""

import json
from typing import Any

from tests.cluster import images
from tests.cluster.pods import Pods, eventually
from tests.cluster.product import CLUSTER_NAME, SECRET, VAULT_ADDRESS

TEMPLATE = """{{- with secret "PATH" -}}
{{- range $key, $value := .Data.data }}
{{ $key }}={{ $value }}
{{- end }}
{{- end }}
"""


def create(team: Pods, container: dict[str, Any], **annotations: str) -> None:
    """Create the pod `app` with seed 000's annotations, and others."""
    path = f"{CLUSTER_NAME}/data/{team.namespace}"
    own = {
        "agent-inject": "true",
        "agent-run-as-sidecar": "false",
        "service": VAULT_ADDRESS,
        "auth-path": f"auth/{CLUSTER_NAME}",
        "role": team.namespace,
        "agent-inject-secret-config.env": path,
        "agent-inject-template-config.env": TEMPLATE.replace("PATH", path),
        **{key.replace("_", "-"): text for key, text in annotations.items()},
    }
    metadata = {
        "name": "app",
        "annotations": {f"vault.hashicorp.com/{key}": text for key, text in own.items()},
    }
    spec = {"containers": [{"name": "app", **container}], "terminationGracePeriodSeconds": 1}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    team.kubectl("create", "-f", "-", stdin=json.dumps(pod))
    team.wait("app")


def test_a_program_without_a_shell_gets_the_variables_of_the_template(team: Pods) -> None:
    image = team.node.registry.push("tests/show-none:1", images.show("none"))
    create(team, {"image": image}, agent_exec_command="/show test VAULT_ENV_TEMPLATES VAULT_ADDR")
    team.expect("app", f"test={SECRET}\nVAULT_ENV_TEMPLATES=(not set)\nVAULT_ADDR=(not set)\n")
    pod = team.get("app")
    assert pod["metadata"]["annotations"]["vault.hashicorp.com/agent-inject-status"] == "injected"
    assert len(pod["spec"]["containers"]) == 1
    assert SECRET not in json.dumps(pod)


def test_the_program_is_process_1_and_people_can_look(team: Pods, shell_image: str) -> None:
    create(team, {"image": shell_image}, agent_exec_command="sleep infinity")
    assert team.execute("app", "/vault/vault-env", "sh", "-c", "echo $test") == f"{SECRET}\n"
    environ = team.execute("app", "cat", "/proc/1/environ").split("\0")
    assert f"test={SECRET}" in environ
    command = team.execute("app", "cat", "/proc/1/cmdline").rstrip("\0").split("\0")
    assert command == ["sleep", "infinity"]


def test_without_its_secret_the_program_does_not_start(team: Pods, shell_image: str) -> None:
    path = f"{CLUSTER_NAME}/data/_shared/none"
    annotations = {
        "vault.hashicorp.com/agent-inject": "true",
        "vault.hashicorp.com/agent-exec-command": "sh -c 'echo started'",
        "vault.hashicorp.com/service": VAULT_ADDRESS,
        "vault.hashicorp.com/auth-path": f"auth/{CLUSTER_NAME}",
        "vault.hashicorp.com/role": team.namespace,
        "vault.hashicorp.com/agent-inject-secret-all": path,
    }
    spec = {"restartPolicy": "Never", "containers": [{"name": "app", "image": shell_image}]}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "app", "annotations": annotations},
        "spec": spec,
    }
    team.kubectl("create", "-f", "-", stdin=json.dumps(pod))
    eventually(lambda: team.get("app")["status"].get("phase") == "Failed")
    log = team.log("app")
    assert path in log
    assert "started" not in log
