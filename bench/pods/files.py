"""The kinds of pods with a file by HashiCorp's annotations: our agent in both forms, and HashiCorp's own program."""

import json
from collections.abc import Mapping
from pathlib import Path

from bench.pods.kinds import Pod, pod
from tests.cluster.product import CLUSTER_NAME, SECRET, VAULT_ADDRESS
from tests.servers.build import program
from tests.servers.images import File, Folder, Image, Link, Root, image

CONFIG_MAP = "agent"
_FILE = "/vault/secrets/secret"
_WORDS = ["sh", "-c", f'echo "started $(cat {_FILE})"']
_PREFIX = "vault.hashicorp.com/"
_SIDECAR = "vault.security.banzaicloud.io/vault-agent-sidecar"
_APPLETS = ("sh", "touch")


def file_kinds(namespace: str, shell: str, hashicorps: str) -> Mapping[str, tuple[Pod, str]]:
    """Return the pods by the names of their kinds, each with the line that it must write."""
    own = {
        "agent-inject": "true",
        "role": namespace,
        "auth-path": f"auth/{CLUSTER_NAME}",
        "agent-inject-secret-secret": path_of(namespace),
        "agent-inject-template-secret": _template(namespace),
    }
    theirs = {"agent-inject": "true", "agent-configmap": CONFIG_MAP, "agent-image": hashicorps}
    chosen = {
        "file, container": {**_named(own), _SIDECAR: "container"},
        "file, native": {**_named(own), _SIDECAR: "native"},
        "file, HashiCorp's": _named(theirs),
    }
    container = {"command": _WORDS}
    return {kind: (pod(shell, each, container), f"started {SECRET}") for kind, each in chosen.items()}


def hashicorps_image() -> Image:
    """Return an image with HashiCorp's program and a shell."""
    busybox = File(Path("/bin/busybox").read_bytes())
    applets = {f"bin/{name}": Link("busybox") for name in _APPLETS}
    root: Root = {
        "bin/busybox": busybox,
        "bin/vault": File(program("complete-vault").read_bytes()),
        "tmp": Folder(0o1777),
        **applets,
    }
    return image(root, environment=["PATH=/bin"])


def config_map(namespace: str) -> str:
    """Return the ConfigMap, as JSON, with which HashiCorp's program writes the same file."""
    method = {"type": "kubernetes", "mount_path": f"auth/{CLUSTER_NAME}", "config": {"role": namespace}}
    sink = {"type": "file", "config": {"path": "/home/vault/.vault-token"}}
    config = {
        "vault": {"address": VAULT_ADDRESS},
        "auto_auth": {"method": [method], "sinks": [{"sink": sink}]},
        "template": [{"destination": _FILE, "contents": _template(namespace)}],
    }
    data = {
        "config.hcl": json.dumps(config),
        "config-init.hcl": json.dumps({**config, "exit_after_auth": True}),
    }
    metadata = {"name": CONFIG_MAP, "namespace": namespace}
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def path_of(namespace: str) -> str:
    """Return the path of the secret."""
    return f"{CLUSTER_NAME}/data/{namespace}"


def _template(namespace: str) -> str:
    return f'{{{{ with secret "{path_of(namespace)}" }}}}{{{{ .Data.data.test }}}}{{{{ end }}}}'


def _named(annotations: Mapping[str, str]) -> dict[str, str]:
    return {_PREFIX + key: text for key, text in annotations.items()}
