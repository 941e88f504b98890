"""Bank-Vaults' helpers on the node: one login for a pod, and the real agent and consul-template with a ConfigMap."""

import json
from pathlib import Path

import pytest

from tests.cluster.node import Node
from tests.cluster.pods import Pods, eventually
from tests.cluster.product import CLUSTER_NAME, SECRET
from tests.servers.build import program
from tests.servers.images import File, Folder, Root, image

CONFIG = """
auto_auth {{
  method "kubernetes" {{
    mount_path = "auth/{mount}"
    config = {{ role = "{role}" }}
  }}
}}
template_config {{ static_secret_render_interval = "2s" }}
template {{
  destination = "/vault/secrets/config"
  contents = "{{{{ with secret \\"{path}\\" }}}}{{{{ .Data.data.test }}}}{{{{ end }}}}"
}}
"""


TEMPLATE = """
vault {{ renew_token = false }}
template {{
  destination = "/vault/secrets/config"
  contents = "{{{{ with secret \\"{path}\\" }}}}{{{{ .Data.data.test }}}}{{{{ end }}}}"
}}
"""


@pytest.fixture(scope="session")
def vault_image(session_node: Node) -> str:
    """Return an image of HashiCorp's program, with an entry point that expects `agent` as its first word."""
    return push(session_node, program("vault"), "vault")


@pytest.fixture(scope="session")
def template_image(session_node: Node) -> str:
    """consul-template in an image of its own, as its entry point."""
    return push(session_node, program("consul-template-cli"), "consul-template")


def push(node: Node, file: Path, name: str) -> str:
    root: Root = {f"bin/{name}": File(file.read_bytes(), 0o755), "tmp": Folder(0o1777)}
    made = image(root, entrypoint=[f"/bin/{name}"], environment=["PATH=/bin"])
    with node.network():
        return node.registry.push(f"tests/{name}:1", made)


def create_config_map(team: Pods, name: str, text: str) -> None:
    """Create the ConfigMap of a helper."""
    metadata = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    team.kubectl("create", "-f", "-", stdin=json.dumps({**metadata, "data": {"config.hcl": text}}))


def path_of(team: Pods) -> str:
    """Return the path of the team's secret."""
    return f"{CLUSTER_NAME}/data/{team.namespace}"


def referring(team: Pods, shell_image: str, line: str) -> dict[str, object]:
    """Return a container with a reference that runs the line in a shell."""
    env = [{"name": "PASSWORD", "value": f"vault:{path_of(team)}#test"}]
    return {"name": "app", "image": shell_image, "command": ["sh", "-c", line], "env": env}


def test_a_pod_logs_in_once_and_its_containers_read_the_token_from_a_file(
    shell_image: str, team: Pods
) -> None:
    line = 'echo "$PASSWORD $VAULT_TOKEN_FILE"; head -c 4 "$VAULT_TOKEN_FILE"'
    first = {**referring(team, shell_image, "echo $PASSWORD > /tmp/x"), "name": "setup"}
    spec = {
        "initContainers": [first],
        "containers": [referring(team, shell_image, line)],
        "restartPolicy": "Never",
        "securityContext": {"runAsUser": 1234},
    }
    shown = team.finish("app", spec, **{"vault-agent": "true"})
    assert shown.split("\n")[0] == f"{SECRET} /vault/.vault-token"
    assert shown.split("\n")[1].startswith("hvs.")
    names = [each["name"] for each in team.get("app")["spec"]["initContainers"]]
    assert names == ["vault-agent", "copy-vault-env", "setup"]


def test_hashicorps_agent_keeps_the_file_of_its_configmap_fresh(
    shell_image: str, vault_image: str, node: Node, team: Pods
) -> None:
    create_config_map(
        team, "agent", CONFIG.format(mount=CLUSTER_NAME, role=team.namespace, path=path_of(team))
    )
    app = {"name": "app", "image": shell_image, "command": ["sleep", "1000"]}
    chosen = {"vault-agent-configmap": "agent", "vault-image": vault_image}
    team.start("app", {"containers": [app], "terminationGracePeriodSeconds": 1}, **chosen)
    shown = ("exec", "app", "-c", "app", "--", "cat", "/vault/secrets/config")
    eventually(
        lambda: node.kubectl.run("-n", team.namespace, *shown).stdout == SECRET,
        lambda: team.kubectl("logs", "app", "-c", "vault-agent"),
    )
    node.vault.put_secret(path_of(team), test="another")
    eventually(lambda: team.kubectl(*shown) == "another")


def test_consul_template_writes_the_files_of_its_configmap_before_a_job_starts(
    shell_image: str, template_image: str, team: Pods
) -> None:
    create_config_map(team, "templates", TEMPLATE.format(path=path_of(team)))
    app = {"name": "app", "image": shell_image, "command": ["cat", "/vault/secrets/config"]}
    chosen = {"vault-ct-configmap": "templates", "vault-ct-image": template_image, "vault-ct-once": "true"}
    assert team.finish("app", {"containers": [app], "restartPolicy": "Never"}, **chosen) == SECRET
