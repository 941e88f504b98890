"""The servers that are compared: the webhook as shipped, the floor, and the Go original where its path is given."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.authority import Authority
from tests.servers.endpoint import Endpoint
from tests.servers.process import Process, free_port
from tests.webhook.served import Served

ORIGINAL = "ORIGINAL_WEBHOOK_BIN"
"""The variable with the path of the original's program."""

SERVER_CORE, CLIENT_CORE = 0, 1


@contextmanager
def ours(folder: Path, authority: Authority) -> Iterator[int]:
    """The port of the webhook: its defaults, two workers with eight threads, its log written to a file."""
    served = Served(folder, authority, prefix=_pinned())
    try:
        served.wait()
        yield served.port
    finally:
        served.stop()


@contextmanager
def floor(folder: Path, authority: Authority) -> Iterator[int]:
    """The port of the floor."""
    port, certificate = free_port(), authority.issue("floor")
    files = [str(certificate.cert_file), str(certificate.key_file)]
    words = [*_pinned(), sys.executable, "-m", "bench.webhook.floor", str(port), *files]
    yield from _running(words, folder / "floor.log", {}, port, authority)


@contextmanager
def original(folder: Path, authority: Authority) -> Iterator[int]:
    """The port of the original."""
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


Server = Callable[[Path, Authority], "contextmanager[int]"]


def servers() -> dict[str, Server]:
    """The servers by name."""
    found: dict[str, Server] = {"vault-webhook": ours, "floor": floor}
    return {**found, "original": original} if os.environ.get(ORIGINAL) else found


def _running(
    words: list[str], log: Path, environment: dict[str, str], port: int, authority: Authority
) -> Iterator[int]:
    process = Process(words, log, {**os.environ, **environment})
    endpoint = Endpoint(f"https://localhost:{port}", authority.ca_file)
    try:
        process.wait_until(lambda: endpoint.answers("/healthz"))
        yield port
    finally:
        process.stop()


def _pinned() -> tuple[str, ...]:
    return ("taskset", "-c", str(SERVER_CORE))
