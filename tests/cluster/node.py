"""A Kubernetes node of one machine with Vault and registries beside it, from nothing to Ready in seconds."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

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
from tests.servers.build import program
from tests.servers.cluster import trust_in_vault
from tests.servers.programs import GROUPS
from tests.servers.registry import Mode, Registry
from tests.servers.vault import Vault


class _Part(Protocol):
    def stop(self) -> None: ...


Part = TypeVar("Part", bound=_Part)


class Node:
    """A running node; requests to it must come from `network()`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        for name in GROUPS["node"]:
            program(name)  # a build fetches modules, and nothing outside is reached from the node's network
        self._started = ExitStack()
        self.namespaces = self._keep(Namespaces(folder / "node", new_name(folder.name)))
        try:
            with self.network():
                self._start(Authority(folder / "certificates"))
        except BaseException:
            self.stop()
            raise

    def _start(self, authority: Authority) -> None:
        self.authority = authority
        self.cluster = self._keep(control_plane.api_server(self._folder / "cluster", authority))
        self.kubectl = self.cluster.kubectl
        vault = Vault(self._folder / "vault", authority, VAULT, *VAULT_NAMES, port=443, durable=True)
        self.vault = self._keep(vault)
        self.vault.begin()
        self.registry = self._registry("anonymous", REGISTRY, REGISTRY_NAME)
        self.private_registry = self._registry("bearer", PRIVATE_REGISTRY, PRIVATE_REGISTRY_NAME)
        pause = self.registry.push("pause:1", images.pause())
        self.cluster.wait()
        for controller in control_plane.controllers(self._folder, self.cluster):
            self._keep(controller)
        self._keep(dns.start(self._folder, self.cluster.kubeconfig))
        registries = [self.registry, self.private_registry]
        self.worker = self._keep(
            Worker(self._folder / "worker", self.namespaces, self.cluster, registries, pause)
        )
        self.vault.start()
        trust_in_vault(self.cluster, self.vault)
        self.worker.wait(self._ready)

    def _registry(self, mode: Mode, address: str, name: str) -> Registry:
        registry = self._keep(Registry(self._folder / name, self.authority, mode, address, 443, name))
        registry.wait()
        return registry

    def _keep(self, part: Part) -> Part:
        """Register the part to be stopped with the node."""
        self._started.callback(part.stop)
        return part

    @contextmanager
    def network(self) -> Iterator[None]:
        """Move this thread, with its later commands and threads, into the node's network."""
        with self.namespaces.network():
            yield

    def stop(self) -> None:
        """End everything and leave only the folder's files."""
        self._started.close()

    def _ready(self) -> bool:
        nodes = self.cluster.request("GET", "/api/v1/nodes")["items"]
        conditions = [entry for node in nodes for entry in node["status"].get("conditions", ())]
        return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)
