"""The webhook with a self-managed certificate: the shipped manifests on a real API server, and replicas behind a balancer."""

import base64
import selectors
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.servers.cluster import Cluster
from tests.servers.kubectl import Kubectl
from tests.servers.process import Process, free_port, stopping

ROOT = Path(__file__).parents[3]
NAMESPACE = "vault-webhook"
CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/vault-webhook"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/vault-webhook"
SECRET = f"/api/v1/namespaces/{NAMESPACE}/secrets/vault-webhook-tls"
_PIECE = 65_536


def eventually(check: Callable[[], Any], timeout_s: float = 40.0) -> Any:
    """Return the first true result of `check`."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {timeout_s:.0f} s: {check}")


class Balancer:
    """Acts as the Service: gives each new connection to the next of the current `ports`."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"https://127.0.0.1:{self._listening.getsockname()[1]}"
        self._next = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Accept no more connections."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._join, args=[client], daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            self._next += 1
            ports = self.ports
            if not ports:
                return
            with socket.create_connection(("127.0.0.1", ports[self._next % len(ports)])) as server:
                self._carry(client, server)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in selector.select():
                    piece = key.fileobj.recv(_PIECE)  # type: ignore[union-attr]
                    if not piece:
                        return
                    key.data.sendall(piece)


class Replica:
    """One `vault-webhook serve`, as the ServiceAccount of the manifests."""

    def __init__(self, folder: Path, kubeconfig: Path, **settings: str) -> None:
        folder.mkdir(parents=True)
        self.port, self.health_port = free_port(), free_port()
        self.log = folder / "webhook.log"
        environment = {
            "KUBECONFIG": str(kubeconfig),
            "KUBERNETES_NAMESPACE": NAMESPACE,
            "LISTEN_ADDRESS": f"127.0.0.1:{self.port}",
            "HEALTH_ADDRESS": f"127.0.0.1:{self.health_port}",
            "CERTIFICATE": "self-managed",
            "VAULT_ADDR": "https://vault.example.com",
            "VAULT_ENV_IMAGE": "vault-env:1",
            **settings,
        }
        self.process = Process([sys.executable, "-m", "webhook", "serve"], self.log, environment)

    def fetch(self, path: str) -> requests.Response:
        """Return the health listener's answer."""
        return requests.get(f"http://127.0.0.1:{self.health_port}{path}", timeout=5)

    def ready(self) -> bool:
        """Return whether the replica reports that it is ready."""
        with suppress(requests.RequestException):
            return self.fetch("/readyz").ok
        return False

    def wait(self) -> None:
        """Return when the replica is ready."""
        self.process.wait_until(self.ready, timeout_s=60)

    def certificate(self) -> str:
        """Return the certificate that it serves, in PEM."""
        import ssl

        return ssl.get_server_certificate(("127.0.0.1", self.port))

    def stop(self) -> None:
        """End the replica in order."""
        self.process.stop(timeout_s=30)


class Installation:
    """The manifests of `manifests/base` on an API server of its own, and replicas."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        folder.mkdir()
        self._folder = folder
        self.cluster = cluster
        self.balancer = Balancer()
        self.replicas: list[Replica] = []

    def install(self) -> None:
        """Apply the manifests anew, with the balancer in the place of the Service."""
        for path in (CONFIGURATION, SECRET, LEASE):
            self.cluster.answer("DELETE", path)
        self.apply(by_service=False)
        self.kubeconfig = self.cluster.kubeconfig_of(NAMESPACE, "vault-webhook")

    def apply(self, *, by_service: bool = True) -> None:
        """Apply the manifests, as they are or with the balancer's URL in the place of the Service."""
        self.cluster.apply(self._manifests("" if by_service else self.balancer.address))

    def start(self, **settings: str) -> Replica:
        """Start a replica, without an endpoint yet."""
        replica = Replica(self._folder / f"replica-{len(self.replicas)}", self.kubeconfig, **settings)
        self.replicas.append(replica)
        return replica

    def add(self, **settings: str) -> Replica:
        """Start a replica, and give it connections when it is ready."""
        replica = self.start(**settings)
        replica.wait()
        self.balancer.ports = [*self.balancer.ports, replica.port]
        return replica

    def drain(self, replica: Replica) -> None:
        """End a replica as Kubernetes does: remove its endpoint, run `preStop`, send SIGTERM."""
        self.balancer.ports = [port for port in self.balancer.ports if port != replica.port]
        time.sleep(1)
        replica.stop()

    def stop(self) -> None:
        """End everything."""
        for replica in self.replicas:
            replica.stop()
        self.balancer.stop()

    def refusal(self) -> str:
        """Return the API server's reason for refusing a pod with a reference; "" if it is accepted and changed."""
        body = {
            "metadata": {"generateName": "asked-"},
            "spec": {
                "containers": [{"name": "app", "image": "app:1", "command": ["/app"], "env": [_REFERENCE]}]
            },
        }
        answer = self.cluster.answer("POST", "/api/v1/namespaces/default/pods?dryRun=All", body)
        if not answer.ok:
            return answer.text
        return "" if answer.json()["spec"].get("initContainers") else "the webhook was not asked"

    def configuration(self) -> Any:
        """Return the MutatingWebhookConfiguration."""
        return self.cluster.request("GET", CONFIGURATION)

    def trusted(self) -> str:
        """Return the CAs that the configuration trusts."""
        return base64.b64decode(
            self.configuration()["webhooks"][0]["clientConfig"].get("caBundle", "")
        ).decode()

    def secret(self) -> dict[str, str]:
        """Return the texts of the Secret."""
        data = self.cluster.request("GET", SECRET)["data"]
        return {name: base64.b64decode(text).decode() for name, text in data.items()}

    def _manifests(self, url: str) -> str:
        base = self._folder / "base"
        if not base.exists():
            shutil.copytree(ROOT / "manifests/base", base)
        documents = list(yaml.safe_load_all(Kubectl(self._folder / "none")("kustomize", str(base))))
        for document in documents:
            for webhook in document.get("webhooks", ()) if url else ():
                webhook["clientConfig"] = {"url": url}
        return yaml.safe_dump_all(documents)


_REFERENCE = {"name": "P", "value": "vault:secret/data/app#password"}


@contextmanager
def installed(folder: Path, cluster: Cluster) -> Iterator[Installation]:
    """Yield an installation without replicas, and end it."""
    with stopping(Installation(folder, cluster)) as installation:
        installation.install()
        yield installation


class Load:
    """Creates pods, one after the other in each of a few threads, until it is stopped."""

    def __init__(self, installation: Installation, threads: int = 3) -> None:
        self.fetch = 0
        self.refusals: list[tuple[float, str]] = []
        self._installation = installation
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._poll, daemon=True) for _ in range(threads)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _poll(self) -> None:
        while not self._stop.is_set():
            refusal = self._installation.refusal()
            with self._lock:
                self.fetch += 1
                if refusal:
                    self.refusals.append((time.time(), refusal))
