"""The three pods: the manual's Deployment's, one whose image has the command, and one with HashiCorp's annotations."""

from typing import Any

VAULT_ADDRESS = "https://vault-09999.saas.true.nl"
PATH = "09999-demo-cluster/data/default"
API_PATH = "secret/data/spitikos/api"
SECRETS = {
    PATH: {"test": "s3cr3t-from-vault", "GREETING": "hello from the shared path"},
    API_PATH: {"DATABASE_URL": "postgres://api:s3cr3t@db/api", "API_KEY": "k-1234"},
}

_ANNOTATIONS = {
    "vault.security.banzaicloud.io/vault-addr": VAULT_ADDRESS,
    "vault.security.banzaicloud.io/vault-role": "default",
    "vault.security.banzaicloud.io/vault-path": "09999-demo-cluster",
}
_FROM_PATH = "vault.security.banzaicloud.io/vault-env-from-path"


_API_ANNOTATIONS = {
    "vault.hashicorp.com/agent-inject": "true",
    "vault.hashicorp.com/agent-run-as-sidecar": "false",
    "vault.hashicorp.com/role": "api",
    "vault.hashicorp.com/agent-exec-command": "/server",
    "vault.hashicorp.com/agent-inject-secret-config.env": API_PATH,
    "vault.hashicorp.com/agent-inject-template-config.env": f"""\
{{{{- with secret "{API_PATH}" -}}}}
{{{{- range $key, $value := .Data.data }}}}
{{{{ $key }}}}={{{{ $value }}}}
{{{{- end }}}}
{{{{- end }}}}
""",
}


def manual_pod() -> dict[str, Any]:
    """Return the pod of the manual's Deployment "Basic secret test"."""
    container = {
        "name": "alpine",
        "image": "alpine",
        "command": ["sh", "-c", "echo $EXAMPLE_SECRET && echo going to sleep... && sleep 10000"],
        "env": [{"name": "EXAMPLE_SECRET", "value": f"vault:{PATH}#test"}],
    }
    return _pod("vault-test", _ANNOTATIONS, container)


def image_pod(image: str) -> dict[str, Any]:
    """Return a pod without `command`, which gets all keys of a path."""
    return _pod("greeter", {**_ANNOTATIONS, _FROM_PATH: PATH}, {"name": "greeter", "image": image})


def api_pod() -> dict[str, Any]:
    """Return a pod in exec mode: a template prints the variables of its program; its image has no shell."""
    return _pod("api", _API_ANNOTATIONS, {"name": "api", "image": "gcr.io/distroless/static"})


SERVER = """#!/bin/sh
echo "$DATABASE_URL"
"""
"""The replacement for the program /server of that image."""

IMAGE_CONFIG = {"Entrypoint": ["/bin/sh", "-c"], "Cmd": ['echo "$GREETING" && echo "costs 5$"']}


def _pod(name: str, annotations: dict[str, str], container: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "annotations": annotations},
        "spec": {"serviceAccountName": "default", "containers": [container]},
    }
