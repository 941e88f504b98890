"""A running `vault-webhook serve`, as in production: gunicorn, TLS, two workers."""

import base64
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.servers.authority import Authority, with_key_usage
from tests.servers.process import Process, free_port, stopping

_KUBECONFIG = """
current-context: none
contexts: [{name: none, context: {cluster: none, user: none}}]
clusters: [{name: none, cluster: {server: "SERVER"}}]
users: [{name: none, user: {}}]
"""


def registration(url: str, ca_file: Path, name: str = "vault-webhook", **namespaces: str) -> dict[str, Any]:
    """Return the configuration of an API server for reviews of pods, in namespaces with these labels or in all."""
    webhook = {
        "name": f"pods.{name}.svc",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"url": url, "caBundle": base64.b64encode(ca_file.read_bytes()).decode()},
        "rules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
        ],
        "reinvocationPolicy": "IfNeeded",
        "sideEffects": "NoneOnDryRun",
        "namespaceSelector": {"matchLabels": namespaces},
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [webhook],
    }


class Served:
    """The webhook on a port of its own; at the usual `api_server` nobody listens."""

    def __init__(
        self,
        folder: Path,
        authority: Authority,
        settings: Mapping[str, str] | None = None,
        prefix: tuple[str, ...] = (),
        api_server: str = "https://127.0.0.1:1",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.address = f"https://127.0.0.1:{self.port}"
        self.ca_file = with_key_usage(authority.ca_file)
        self.certificate = authority.issue(f"webhook-{self.port}")
        self.log_file = folder / "webhook.log"
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(_KUBECONFIG.replace("SERVER", api_server))
        environment = {
            "KUBECONFIG": str(kubeconfig),
            "LISTEN_ADDRESS": f"127.0.0.1:{self.port}",
            "TLS_CERT_FILE": str(self.certificate.cert_file),
            "TLS_PRIVATE_KEY_FILE": str(self.certificate.key_file),
            "VAULT_ADDR": "https://vault.example.com",
            "VAULT_ENV_IMAGE": "vault-env:1",
            **(settings or {}),
        }
        self.process = Process(
            [*prefix, sys.executable, "-m", "webhook", "serve"], self.log_file, environment
        )

    def wait(self) -> None:
        """Return when the webhook answers."""
        self.process.wait_until(self.healthy)

    def healthy(self, timeout_s: float = 5.0) -> bool:
        """Return whether a new connection is served in this time."""
        try:
            return requests.get(f"{self.address}/healthz", verify=str(self.ca_file), timeout=timeout_s).ok
        except requests.RequestException:
            return False

    def registration(self, name: str = "vault-webhook", **namespaces: str) -> dict[str, Any]:
        """Return `registration` of this webhook."""
        return registration(f"{self.address}/pods", self.ca_file, name, **namespaces)

    def stop(self) -> None:
        """End the webhook in order."""
        self.process.stop(timeout_s=20)

    def pids(self) -> list[int]:
        """Return the process ids of the master and its workers."""
        workers = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, workers)]


@contextmanager
def running(
    folder: Path,
    authority: Authority,
    settings: Mapping[str, str] | None = None,
    api_server: str = "https://127.0.0.1:1",
) -> Iterator[Served]:
    """Start the webhook, yield it when it answers, and end it in order."""
    with stopping(Served(folder, authority, settings, api_server=api_server)) as webhook:
        webhook.wait()
        yield webhook
