"""The servers that are compared: the webhook as shipped, the floor, and the Go original if its path is set."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.authority import Authority
from tests.servers.endpoint import Endpoint
from tests.servers.process import Process, free_port
from tests.webhook.served import Served

ORIGINAL = "ORIGINAL_WEBHOOK_BIN"
"""The variable with the path of the original's program."""

SERVER_CORE, CLIENT_CORE = 0, 1


@dataclass(frozen=True)
class Program:
    """A running server: its port and its processes."""

    port: int
    pids: list[int]

    def processor_s(self) -> float:
        """Return the processor time that the server's processes have used until now."""
        fields = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.pids)
        return sum(int(found[11]) + int(found[12]) for found in fields) / os.sysconf("SC_CLK_TCK")


@contextmanager
def ours(folder: Path, authority: Authority, delivery: str = "image") -> Iterator[Program]:
    """Run the webhook with its defaults, two workers and a log file; image volumes deliver the launcher."""
    served = Served(folder / delivery, authority, {"VAULT_ENV_DELIVERY": delivery}, prefix=_pinned())
    try:
        served.wait()
        yield Program(served.port, served.pids())
    finally:
        served.stop()


@contextmanager
def floor(folder: Path, authority: Authority, *options: str) -> Iterator[Program]:
    """Run the floor."""
    port, certificate = free_port(), authority.issue("floor")
    files = [str(certificate.cert_file), str(certificate.key_file)]
    words = [*_pinned(), sys.executable, "-m", "bench.webhook.floor", str(port), *files, *options]
    yield from _running(words, folder / "floor.log", {}, port, authority)


def with_init_containers(folder: Path, authority: Authority) -> AbstractContextManager[Program]:
    """Run the webhook as on nodes that cannot mount image volumes."""
    return ours(folder, authority, "init")


def with_threads(folder: Path, authority: Authority) -> AbstractContextManager[Program]:
    """Run the floor with a thread for each connection."""
    return floor(folder, authority, "threads")


def with_lists(folder: Path, authority: Authority) -> AbstractContextManager[Program]:
    """Run the floor with a patch that replaces whole lists."""
    return floor(folder, authority, "lists")


@contextmanager
def original(folder: Path, authority: Authority) -> Iterator[Program]:
    """Run the Go original."""
    port, certificate = free_port(), authority.issue("original")
    kubeconfig = folder / "original-kubeconfig"
    kubeconfig.write_text((folder / "kubeconfig").read_text())
    environment = {
        "KUBECONFIG": str(kubeconfig),
        "LISTEN_ADDRESS": f"127.0.0.1:{port}",
        "TLS_CERT_FILE": str(certificate.cert_file),
        "TLS_PRIVATE_KEY_FILE": str(certificate.key_file),
        "VAULT_ADDR": "https://vault.example.com",
        "KUBERNETES_NAMESPACE": "default",
        "GOMAXPROCS": "1",
    }
    yield from _running(
        [*_pinned(), os.environ[ORIGINAL]], folder / "original.log", environment, port, authority
    )


Server = Callable[[Path, Authority], AbstractContextManager[Program]]


def servers() -> dict[str, Server]:
    """Return the servers by name."""
    found: dict[str, Server] = {
        "vault-webhook": ours,
        "init containers": with_init_containers,
        "floor": floor,
        "with threads": with_threads,
        "with lists": with_lists,
    }
    return {**found, "original": original} if os.environ.get(ORIGINAL) else found


def _running(
    words: list[str], log: Path, environment: dict[str, str], port: int, authority: Authority
) -> Iterator[Program]:
    process = Process(words, log, {**os.environ, **environment})
    endpoint = Endpoint(f"https://localhost:{port}", authority.ca_file)
    try:
        process.wait_until(lambda: endpoint.answers("/healthz"))
        yield Program(port, [process.pid])
    finally:
        process.stop()


def _pinned() -> tuple[str, ...]:
    return ("taskset", "-c", str(SERVER_CORE))
