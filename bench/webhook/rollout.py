"""`python -m bench.webhook.rollout [--rounds N]`: pods of a rollout, and pods of different images, with two replicas.

A rollout's 200 identical pods are sent all at once, and as the ReplicaSet controller sends them: in batches that
double, each after the answers of the previous one, the first 30 without a limit and then 20 a second
(kube-controller-manager's `--kube-api-burst` and `--kube-api-qps`).

Then 50 pods are sent at once, each with another image whose command is only in the registry of this machine. The time
of the same look-ups without a webhook, eight at a time, is printed for comparison.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import requests

from bench.webhook.client import Connection, Load, burst
from bench.webhook.pod import pod, review
from tests.servers.authority import Authority, with_key_usage
from tests.servers.images import File, image
from tests.servers.registry import Registry
from tests.webhook.served import Served

PODS, IMAGES = 200, 50
_BURST, _PER_S = 30, 20.0
_AT_A_TIME = 8


def main() -> None:
    """Print medians over the rounds."""
    parser = argparse.ArgumentParser(prog="python -m bench.webhook.rollout")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        authority = Authority(folder / "certificates")
        registry = Registry(folder / "registry", authority, "anonymous")
        stack.callback(registry.stop)
        registry.wait()
        replicas = [_replica(folder / str(number), authority, registry, stack) for number in range(2)]
        addresses = [("127.0.0.1", replica.port) for replica in replicas]

        def connect(bodies: list[bytes]) -> list[Connection]:
            return [
                Connection(addresses[index % 2], authority.ca_file, "/pods", body)
                for index, body in enumerate(bodies)
            ]

        _report("200 pods at once", rounds, lambda: burst(connect([review()] * PODS)))
        _report("200 pods of a controller", 1, lambda: _controlled(connect([review()] * _BURST)))
        _report_images(rounds, registry, connect)


def _replica(folder: Path, authority: Authority, registry: Registry, stack: ExitStack) -> Served:
    settings = {
        "REGISTRY_CA_FILE": str(registry.endpoint.ca_file),
        "REGISTRY_PRIVATE_HOSTS": registry.host,
    }
    served = Served(folder, authority, settings)
    stack.callback(served.stop)
    served.wait()
    return served


def _controlled(connections: list[Connection]) -> Load:
    """Send the pods of a rollout like the ReplicaSet controller, each as soon as its rate limit allows."""
    latencies: list[float] = []
    started, batch = time.perf_counter(), 1
    while len(latencies) < PODS:
        end = min(len(latencies) + batch, PODS)
        while len(latencies) < end:
            allowed = min(end, _BURST + int((time.perf_counter() - started) * _PER_S))
            if allowed > len(latencies):
                latencies += burst(connections[: allowed - len(latencies)]).latencies_s
            else:
                time.sleep(max(0.0, started + (allowed + 1 - _BURST) / _PER_S - time.perf_counter()))
        batch *= 2
    return Load(latencies, time.perf_counter() - started)


def _report_images(
    rounds: int, registry: Registry, connect: Callable[[list[bytes]], list[Connection]]
) -> None:
    direct: list[float] = []

    def look_up() -> Load:
        references = list(_push_images(registry, f"round{len(direct)}"))
        load = burst(connect([_review_of(reference) for reference in references]))
        others = list(_push_images(registry, f"direct{len(direct)}"))
        direct.append(_direct_s(registry, others))
        return load

    _report(f"{IMAGES} images at once", rounds, look_up)
    print(f"  the same look-ups by a client alone take {1000 * statistics.median(direct):.0f} ms together")


def _report(title: str, rounds: int, run: Callable[[], Load]) -> None:
    loads = [run() for _ in range(rounds)]
    figures = [(load.percentile_ms(0.5), load.percentile_ms(0.99), 1000 * load.took_s) for load in loads]
    p50, p99, took = (statistics.median(column) for column in zip(*figures, strict=True))
    print(f"{title:<26} p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   all {took:7.0f} ms", flush=True)


def _push_images(registry: Registry, name: str) -> Iterator[str]:
    """Push images that the webhook has not read yet, and yield their references."""
    for number in range(IMAGES):
        content = File(f"{name}-{number}".encode())
        yield registry.push(f"bench/{name}-{number}:1", image({"app": content}, entrypoint=["/app"]))


def _review_of(reference: str) -> bytes:
    found = pod()
    container = found["spec"]["containers"][0]
    container["image"] = reference
    container.pop("command", None)
    document = json.loads(review())
    document["request"]["object"] = found
    return json.dumps(document, separators=(",", ":")).encode()


def _direct_s(registry: Registry, references: list[str]) -> float:
    """Return the seconds for reading manifest and config of the images, some at a time."""
    base = f"https://{registry.host}/v2"
    with requests.Session() as session, ThreadPoolExecutor(_AT_A_TIME) as threads:
        session.trust_env = False
        session.verify = str(with_key_usage(registry.endpoint.ca_file))

        def read(reference: str) -> None:
            repository = reference.partition("/")[2].rpartition(":")[0]
            accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
            manifest = session.get(f"{base}/{repository}/manifests/1", headers=accept, timeout=10)
            manifest.raise_for_status()
            digest = manifest.json()["config"]["digest"]
            session.get(f"{base}/{repository}/blobs/{digest}", timeout=10).raise_for_status()

        started = time.perf_counter()
        list(threads.map(read, references))
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
