"""The kinds of pods that are compared; each writes one line, with the secret if it has one."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cluster.product import CLUSTER_NAME, SECRET, VAULT_ADDRESS, annotations
from tests.servers.images import File, Image, image

ORIGINAL = "ORIGINAL_VAULT_ENV"
"""The variable with the path of the Go original's launcher, a static program."""
LAUNCHER = "/vault/vault-env"
_DELIVERY = "vault.security.banzaicloud.io/vault-env-delivery"
_WORDS = ["sh", "-c", 'echo "started $SECRET"']
_MOUNT = {"name": "vault-env", "mountPath": "/vault"}

Pod = dict[str, Any]


def kinds(namespace: str, shell: str, original: str | None) -> Mapping[str, tuple[Pod, str]]:
    """Return the pods by the names of their kinds, each with its line. `shell` and `original` are images."""
    with_secret = {"env": [{"name": "SECRET", "value": f"vault:{CLUSTER_NAME}/data/{namespace}#test"}]}
    launcher_only = {"command": [LAUNCHER], "args": _WORDS}
    said = f"started {SECRET}"
    found = {"plain": (pod(shell, {}), "started ")}
    for delivery in ("image", "init"):
        chosen = {**annotations(namespace), _DELIVERY: delivery}
        found[f"{delivery}, no secret"] = (pod(shell, chosen, launcher_only), "started ")
        found[f"{delivery}, secret"] = (pod(shell, chosen, {"command": _WORDS, **with_secret}), said)
    if original:
        found["Go original, secret"] = (_original(namespace, shell, original, with_secret), said)
    return found


def original_image() -> Image | None:
    """Return an image with the Go original's launcher and a shell that copies it; None if the variable is not set."""
    path = os.environ.get(ORIGINAL)
    if not path:
        return None
    root = {
        "usr/local/bin/vault-env": File(Path(path).read_bytes()),
        "bin/sh": File(Path("/bin/busybox").read_bytes()),
        "bin/cp": File(Path("/bin/busybox").read_bytes()),
    }
    return image(root, entrypoint=["/usr/local/bin/vault-env"])


def pod(shell: str, annotations: Mapping[str, str], container: Mapping[str, Any] | None = None) -> Pod:
    """Return a pod with a container `app` that runs once."""
    app = {"name": "app", "image": shell, "command": _WORDS, **(container or {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "bench-", "annotations": dict(annotations)},
        "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [app]},
    }


def _original(namespace: str, shell: str, original: str, container: Mapping[str, Any]) -> Pod:
    """Return the pod as the Go original's webhook changes it."""
    made = pod(shell, {"vault.security.banzaicloud.io/mutate": "skip"})
    connection = {
        "VAULT_ADDR": VAULT_ADDRESS,
        "VAULT_ROLE": namespace,
        "VAULT_PATH": CLUSTER_NAME,
        "VAULT_AUTH_METHOD": "jwt",
        "VAULT_CACERT": "/vault-tls/ca.crt",
    }
    env = [*container["env"], *({"name": name, "value": text} for name, text in connection.items())]
    (app,) = made["spec"]["containers"]
    trust = {"name": "vault-tls", "mountPath": "/vault-tls"}
    app.update(command=[LAUNCHER], args=_WORDS, env=env, volumeMounts=[_MOUNT, trust])
    made["spec"]["initContainers"] = [
        {
            "name": "copy-vault-env",
            "image": original,
            "command": ["sh", "-c", "cp /usr/local/bin/vault-env /vault/"],
            "volumeMounts": [_MOUNT],
        }
    ]
    made["spec"]["volumes"] = [
        {"name": "vault-env", "emptyDir": {"medium": "Memory"}},
        {"name": "vault-tls", "secret": {"secretName": "vault-tls"}},
    ]
    return made
