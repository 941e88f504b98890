"""The running webhook while registries attack it: it refuses in time, and its health is answered meanwhile."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.servers.endpoint import Endpoint
from tests.servers.process import Process, free_port, stopping
from tests.webhook.registry import hostile
from tests.webhook.registry.hostile_server import Behaviour, HostileServer

BUDGET_S = 3.0
GROWTH_LIMIT_MIB = 40


@pytest.fixture(scope="module")
def evil(authority: Authority) -> Iterator[HostileServer]:
    server = HostileServer(authority.issue("evil"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def webhook(authority: Authority) -> Endpoint:
    return Endpoint(f"http://127.0.0.1:{free_port()}", authority.ca_file)


@pytest.fixture(scope="module", autouse=True)
def process(
    session_folder: Path, authority: Authority, cluster: Cluster, evil: HostileServer, webhook: Endpoint
) -> Iterator[Process]:
    """`vault-webhook serve` with two workers, as operators run it, but without TLS."""
    folder = session_folder / "webhook-under-attack"
    folder.mkdir()
    with stopping(
        Process(
            [sys.executable, "-m", "webhook", "serve"],
            folder / "webhook.log",
            {
                "PATH": os.environ["PATH"],
                "LISTEN_ADDRESS": urlsplit(webhook.address).netloc,
                "KUBECONFIG": str(cluster.kubeconfig),
                "VAULT_ADDR": "https://vault.example.com",
                "VAULT_ENV_IMAGE": "registry.example.com/vault-env:1",
                "ADMISSION_BUDGET": f"{BUDGET_S}s",
                "METRICS_DIR": str(folder),
                "REGISTRY_CA_FILE": str(authority.ca_file),
                "REGISTRY_PRIVATE_HOSTS": evil.host,
            },
        )
    ) as running:
        running.wait_until(lambda: webhook.answers("/healthz"))
        yield running


def review(webhook: Endpoint, image: str, namespace: str = "default") -> dict[str, Any]:
    """Return the webhook's answer about a pod of this image, which refers to Vault and has no command."""
    container = {"name": "app", "image": image, "env": [{"name": "A", "value": "vault:secret/data/a#b"}]}
    request = {
        "uid": "1",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "namespace": namespace,
        "operation": "CREATE",
        "object": {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "x", "namespace": namespace},
            "spec": {"containers": [container]},
        },
    }
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    answer: dict[str, Any] = webhook.request("POST", "/pods", json=body, timeout=30).json()["response"]
    return answer


@pytest.mark.parametrize(
    ("attack", "word"),
    [
        (hostile.silence, "UNREACHABLE"),
        (hostile.endless, "INVALID_ANSWER"),
        (hostile.redirect("https://169.254.169.254/"), "UNREACHABLE"),
        (hostile.challenge('Bearer realm="https://169.254.169.254/"'), "UNREACHABLE"),
    ],
    ids=["silence", "endless", "redirect", "realm"],
)
@pytest.mark.timed
def test_a_pod_of_an_evil_registry_is_refused_in_time(
    webhook: Endpoint, evil: HostileServer, attack: Behaviour, word: str
) -> None:
    started = time.monotonic()
    answer = review(webhook, evil.serve(f"one-{word.lower()}-{id(attack)}".replace("_", "-"), attack))
    assert answer["allowed"] is False
    assert f": {word}: " in answer["status"]["message"]
    assert time.monotonic() - started < BUDGET_S + 1


@pytest.mark.timed
def test_health_is_answered_while_registries_are_silent(webhook: Endpoint, evil: HostileServer) -> None:
    answers: list[dict[str, Any]] = []

    def read(number: int) -> None:
        answers.append(review(webhook, evil.serve(f"silent-{number}", hostile.silence)))

    threads = [threading.Thread(target=read, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    slowest_s, reviews = 0.0, 0
    while any(thread.is_alive() for thread in threads):
        started = time.monotonic()
        assert webhook.answers("/healthz")
        slowest_s, reviews = max(slowest_s, time.monotonic() - started), reviews + 1
        time.sleep(0.05)
    assert reviews > 5
    assert slowest_s < 1
    assert all(answer["allowed"] is False for answer in answers)


@pytest.mark.timed
def test_many_attacks_at_once_cost_little_memory(
    process: Process, webhook: Endpoint, evil: HostileServer
) -> None:
    long = b'{"a":"' + b"x" * 4_000_000 + b'"}'
    attacks = (
        hostile.endless,
        hostile.huge(400 << 20),
        hostile.bomb,
        lambda visit: visit.answer(200, long),
        hostile.image(blob=hostile.endless),
        hostile.drip_body,
        hostile.headers(b'WWW-Authenticate: a b="c",'),
        hostile.trailers,
    )
    for number in range(20):
        assert review(webhook, evil.serve(f"before-{number}", hostile.image()))["allowed"]
    before = {worker: memory_kib(worker, "VmRSS") for worker in workers(process)}
    for wave in range(3):
        images = [evil.serve(f"wave-{wave}-{number}", attacks[number % len(attacks)]) for number in range(48)]
        threads = [
            threading.Thread(target=review, args=(webhook, image, f"team-{number % 5}"))
            for number, image in enumerate(images)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(before) == 2
    for worker, kib in before.items():
        assert (memory_kib(worker, "VmHWM") - kib) / 1024 < GROWTH_LIMIT_MIB


def workers(process: Process) -> list[int]:
    """The processes that answer requests (proc_pid_task(5))."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def memory_kib(pid: int, field: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
