"""A Kubernetes node of one machine with Vault and registries beside it, from nothing to Ready in seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster import control_plane, dns, images
from tests.cluster.addresses import (
    PRIVATE_REGISTRY,
    PRIVATE_REGISTRY_NAME,
    REGISTRY,
    REGISTRY_NAME,
    VAULT,
    VAULT_NAMES,
)
from tests.cluster.cgroups import new_name
from tests.cluster.namespaces import Namespaces
from tests.cluster.worker import Worker
from tests.servers.authority import Authority
from tests.servers.cluster import trust_in_vault
from tests.servers.registry import Registry
from tests.servers.vault import Vault


class Node:
    """A running node; what talks to it does so in `network()`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.namespaces = Namespaces(folder / "node", new_name(folder.name))
        try:
            with self.network():
                self._start(Authority(folder / "certificates"))
        except BaseException:
            self.stop()
            raise

    def _start(self, authority: Authority) -> None:
        self.authority = authority
        self.cluster = control_plane.api_server(self._folder / "cluster", authority)
        self.kubectl = self.cluster.kubectl
        self.vault = Vault(self._folder / "vault", authority, VAULT, *VAULT_NAMES, port=443)
        self.vault.begin()
        self.registry = Registry(
            self._folder / "registry", authority, "anonymous", REGISTRY, 443, REGISTRY_NAME
        )
        self.private_registry = Registry(
            self._folder / "private", authority, "bearer", PRIVATE_REGISTRY, 443, PRIVATE_REGISTRY_NAME
        )
        self.registry.wait()
        pause = self.registry.push("pause:1", images.pause())
        self.cluster.wait()
        self._controllers = control_plane.controllers(self._folder, self.cluster)
        self._dns = dns.start(self._folder, self.cluster.kubeconfig)
        hosts = [self.registry, self.private_registry]
        self._worker = Worker(self._folder / "worker", self.namespaces, self.cluster, hosts, pause)
        self.private_registry.wait()
        self.vault.start()
        trust_in_vault(self.cluster, self.vault)
        self._worker.wait(self._ready)

    @contextmanager
    def network(self) -> Iterator[None]:
        """This thread, and the commands and threads that it starts, are in the node's network."""
        with self.namespaces.network():
            yield

    def stop(self) -> None:
        """End everything and leave no trace but the folder's files."""
        self.namespaces.stop()
        for name in ("_worker", "_dns", "vault", "registry", "private_registry", "cluster"):
            if part := getattr(self, name, None):
                part.stop()
        for controller in getattr(self, "_controllers", ()):
            controller.stop()

    def _ready(self) -> bool:
        nodes = self.cluster.request("GET", "/api/v1/nodes")["items"]
        conditions = [entry for node in nodes for entry in node["status"].get("conditions", ())]
        return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)
