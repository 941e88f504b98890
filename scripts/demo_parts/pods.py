"""The two pods: the one of the manual's Deployment, and one whose command only its image knows."""

from typing import Any

VAULT_ADDRESS = "https://vault-09999.saas.true.nl"
PATH = "09999-demo-cluster/data/default"
SECRETS = {PATH: {"test": "s3cr3t-from-vault", "GREETING": "hello from the shared path"}}

_ANNOTATIONS = {
    "vault.security.banzaicloud.io/vault-addr": VAULT_ADDRESS,
    "vault.security.banzaicloud.io/vault-role": "default",
    "vault.security.banzaicloud.io/vault-path": "09999-demo-cluster",
}
_FROM_PATH = "vault.security.banzaicloud.io/vault-env-from-path"


def manual_pod() -> dict[str, Any]:
    """The pod that the manual's Deployment "Basic secret test" makes."""
    container = {
        "name": "alpine",
        "image": "alpine",
        "command": ["sh", "-c", "echo $EXAMPLE_SECRET && echo going to sleep... && sleep 10000"],
        "env": [{"name": "EXAMPLE_SECRET", "value": f"vault:{PATH}#test"}],
    }
    return _pod("vault-test", _ANNOTATIONS, container)


def image_pod(image: str) -> dict[str, Any]:
    """A pod without `command`, which gets all keys of a path."""
    return _pod("greeter", {**_ANNOTATIONS, _FROM_PATH: PATH}, {"name": "greeter", "image": image})


IMAGE_CONFIG = {"Entrypoint": ["/bin/sh", "-c"], "Cmd": ['echo "$GREETING" && echo "costs 5$"']}


def _pod(name: str, annotations: dict[str, str], container: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "annotations": annotations},
        "spec": {"serviceAccountName": "default", "containers": [container]},
    }
