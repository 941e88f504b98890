"""The product on the node, installed from `manifests/` by the README's instructions for platform teams."""

import json
import os
import ssl
import subprocess
import sys
from pathlib import Path

from tests.cluster import images
from tests.cluster.addresses import PRIVATE_REGISTRY, PRIVATE_REGISTRY_NAME, REGISTRY_NAME, VAULT_NAMES
from tests.cluster.node import Node
from tests.cluster.pods import eventually
from tests.servers.cluster import REVIEWER
from tests.servers.images import Image
from tests.servers.kubectl import KubectlFailed

ROOT = Path(__file__).parents[2]
NAMESPACE = "vault-webhook"
CLUSTER_NAME = "09999-demo-cluster"
VAULT_ADDRESS = f"https://{VAULT_NAMES[1]}"
TLS_SECRET = "vault-tls"
SECRET = "s3cr3t"


class Product:
    """The installed webhook, and how namespaces are added to it."""

    def __init__(self, node: Node, folder: Path, webhook: Image, launcher: Image) -> None:
        """Install the product, and return when both replicas are ready and the API server calls them."""
        folder.mkdir(parents=True, exist_ok=True)
        self.node = node
        self._folder = folder
        self.image = node.registry.push("vault-webhook:1", webhook)
        overlay = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [os.path.relpath(ROOT / "manifests" / "base", folder), "trust.json"],
            "images": [_image("vault-webhook", self.image)],
            "patches": [
                {"patch": json.dumps(_settings(node, node.registry.push("vault-env:1", launcher)))},
                {"patch": json.dumps(_trust_mounted())},
            ],
        }
        (folder / "trust.json").write_text(json.dumps(trust(node, NAMESPACE, TLS_SECRET)))
        (folder / "kustomization.yaml").write_text(json.dumps(overlay, indent=1))
        node.kubectl("apply", "-k", str(folder))
        self.roll_out()

    def kubectl(self, *arguments: str) -> str:
        """kubectl in the webhook's own namespace."""
        return self.node.kubectl("--namespace", NAMESPACE, *arguments)

    def roll_out(self) -> None:
        """Return when the Deployment has all its replicas ready and the API server reaches them."""
        try:
            self.kubectl("rollout", "status", "deployment/vault-webhook", "--timeout=60s")
        except KubectlFailed as error:
            raise KubectlFailed(f"{error}\n{self.log()}\n{self.kubectl('describe', 'pods')}") from None
        eventually(self.is_registered)
        eventually(self.answers)

    def is_registered(self) -> bool:
        """Return whether the webhook has registered itself for objects, which it does once it serves."""
        rules = ("-o", "jsonpath={.webhooks[*].rules}")
        return bool(self.kubectl("get", "mutatingwebhookconfiguration", "vault-webhook", *rules))

    def answers(self) -> bool:
        """Return whether the API server gets an answer from the webhook."""
        command = ("create", "secret", "generic", "asked", "--from-literal=key=value", "--dry-run=server")
        return self.node.kubectl.run("--namespace=default", *command).returncode == 0

    def renew_certificate(self) -> None:
        """Request a renewal of the certificate at once, as in docs/certificates.md."""
        self.kubectl("delete", "secret", "vault-webhook-tls")

    def certificates(self) -> list[str]:
        """Return the certificate that each replica serves, as PEM."""
        found = json.loads(self.kubectl("get", "pods", "-o", "json"))["items"]
        return [ssl.get_server_certificate((pod["status"]["podIP"], 8443)) for pod in found]

    def log(self) -> str:
        """The last lines of both replicas' logs."""
        return self.node.kubectl.run(
            "--namespace", NAMESPACE, "logs", "--selector=app.kubernetes.io/name=vault-webhook", "--tail=40"
        ).stdout

    def add(self, namespace: str) -> None:
        """Provision an existing namespace in Vault, and give its pods the CA of Vault."""
        reviewer = self._folder / "reviewer.jwt"
        reviewer.write_text(self.node.cluster.service_account_token("default", REVIEWER))
        endpoint = self.node.cluster.endpoint
        _vault_webhook(
            "provision",
            *[f"--cluster={CLUSTER_NAME}", f"--kubernetes-host={endpoint.address}"],
            *[f"--kubernetes-ca-file={endpoint.ca_file}", f"--token-reviewer-jwt-file={reviewer}"],
            namespace,
            VAULT_ADDR=self.node.vault.address,
            VAULT_CACERT=str(self.node.vault.ca_file),
            VAULT_TOKEN=self.node.vault.token,
        )
        self.node.cluster.apply(json.dumps(trust(self.node, namespace, TLS_SECRET)))


def provide_for_examples(product: Product) -> None:
    """Make everything that the manual's manifests need: the namespace `default`, its secrets, and the image `alpine`."""
    product.node.registry.push("library/alpine:latest", images.shell())
    product.add("default")
    secrets = {"test": SECRET, "SECRET_KEY_FROM_VAULT": "another"}
    product.node.vault.put_secret(f"{CLUSTER_NAME}/data/default", **secrets)


def annotations(namespace: str) -> dict[str, str]:
    """Return the annotations of the manual for an application team of that namespace."""
    prefix = "vault.security.banzaicloud.io"
    return {
        f"{prefix}/vault-addr": VAULT_ADDRESS,
        f"{prefix}/vault-role": namespace,
        f"{prefix}/vault-path": CLUSTER_NAME,
    }


def _vault_webhook(*arguments: str, **environment: str) -> str:
    command = [sys.executable, "-m", "webhook", *arguments]
    environ = {"PATH": os.environ["PATH"], **environment}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"vault-webhook {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def _image(name: str, reference: str) -> dict[str, str]:
    new_name, _, tag = reference.rpartition(":")
    return {"name": name, "newName": new_name, "newTag": tag}


def settings_of(node: Node, launcher: str) -> dict[str, str]:
    """Return the operator's settings for the servers of the node, with the launcher's image."""
    tokens = node.private_registry.tokens
    assert tokens
    private = [REGISTRY_NAME, PRIVATE_REGISTRY_NAME, PRIVATE_REGISTRY, tokens.host]
    return {
        "VAULT_ADDR": f"https://{VAULT_NAMES[0]}",
        "VAULT_ADDR_ALLOWLIST": VAULT_ADDRESS,
        "VAULT_ENV_IMAGE": launcher,
        "VAULT_TLS_SECRET": TLS_SECRET,
        "VAULT_CACERT": "/trust/ca.crt",
        "REGISTRY_CA_FILE": "/trust/ca.crt",
        "REGISTRY_PRIVATE_HOSTS": ",".join(private),
        "VAULT_ENV_DELIVERY": os.environ.get("VAULT_ENV_DELIVERY", ""),
    }


def _settings(node: Node, launcher: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "vault-webhook", "namespace": NAMESPACE},
        "data": settings_of(node, launcher),
    }


def trust(node: Node, namespace: str, name: str) -> dict[str, object]:
    """Return a Secret with the test's CA."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "stringData": {"ca.crt": node.authority.ca_file.read_text()},
    }


def _trust_mounted() -> dict[str, object]:
    mount = {"name": "trust", "mountPath": "/trust", "readOnly": True}
    container = {"name": "webhook", "volumeMounts": [mount]}
    pod = {"containers": [container], "volumes": [{"name": "trust", "secret": {"secretName": TLS_SECRET}}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "vault-webhook", "namespace": NAMESPACE},
        "spec": {"template": {"spec": pod}},
    }
