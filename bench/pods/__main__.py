"""`python -m bench.pods [--rounds N]`, as root: the time that pods need to start, on a node of this machine.

It is the time from the POST to the time stamp of the program's first line in the container runtime. The kinds
alternate.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.pods.files import config_map, file_kinds, hashicorps_image
from bench.pods.kinds import ORIGINAL, Pod, kinds, original_image
from tests.cluster import images
from tests.cluster.builder import product_image
from tests.cluster.node import Node
from tests.cluster.product import CLUSTER_NAME, SECRET, Product
from tests.servers.cluster import Cluster

_NAMESPACE = "bench"
_PLAIN = "plain"
_LOOK_S = 0.05
_LONGEST_S = 60.0


def main() -> None:
    """Start the node with the product, start every kind in every round, and print medians."""
    options = _options()
    built = [product_image(target) for target in ("webhook", "vault-env")]
    with tempfile.TemporaryDirectory() as folder:
        node = Node(Path(folder))
        try:
            with node.network():
                _run(node, Product(node, Path(folder, "product"), *built), options.rounds)
        finally:
            node.stop()


def _run(node: Node, product: Product, rounds: int) -> None:
    node.cluster.create_namespace(_NAMESPACE)
    product.add(_NAMESPACE)
    node.vault.put_secret(f"{CLUSTER_NAME}/data/{_NAMESPACE}", test=SECRET)
    shell = node.registry.push("bench/shell:1", images.shell())
    original = original_image()
    pushed = node.registry.push("bench/original:1", original) if original else None
    node.cluster.apply(config_map(_NAMESPACE))
    hashicorps = node.registry.push("bench/vault:1", hashicorps_image())
    pods = {**kinds(_NAMESPACE, shell, pushed), **file_kinds(_NAMESPACE, shell, hashicorps)}
    for pod, line in pods.values():
        start_s(node.cluster, pod, line)
    durations: dict[str, list[float]] = {kind: [] for kind in pods}
    for _ in range(rounds):
        for kind, (pod, line) in pods.items():
            durations[kind].append(start_s(node.cluster, pod, line))
    print(
        f"milliseconds from POST to the first line, {rounds} rounds in turns; over: median of the differences to plain"
    )
    if not original:
        print(f"without the Go original: {ORIGINAL} names its launcher")
    print("\n".join(_table(durations)))


def start_s(cluster: Cluster, pod: Pod, line: str) -> float:
    """Return the seconds from the creation of the pod to its first line, which must be `line`."""
    pods = f"/api/v1/namespaces/{_NAMESPACE}/pods"
    created_s = time.time()
    name = cluster.request("POST", pods, pod)["metadata"]["name"]
    _wait(cluster, f"{pods}/{name}")
    written = cluster.answer("GET", f"{pods}/{name}/log?container=app&stream=Stdout&timestamps=true").text
    cluster.request("DELETE", f"{pods}/{name}?gracePeriodSeconds=0")
    stamp, _, text = written.partition("\n")[0].partition(" ")
    if text != line:
        raise ValueError(f"pod {name} wrote {text!r}")
    return datetime.fromisoformat(stamp).timestamp() - created_s


def _wait(cluster: Cluster, pod: str) -> None:
    end = time.monotonic() + _LONGEST_S
    while (code := _exit_code(status := cluster.request("GET", pod)["status"])) is None:
        if status["phase"] == "Failed" or time.monotonic() > end:
            raise TimeoutError(f"{pod} is {json.dumps(status)}")
        time.sleep(_LOOK_S)
    if code:
        raise ValueError(f"{pod}: {cluster.answer('GET', f'{pod}/log?container=app').text}")


def _exit_code(status: Mapping[str, Any]) -> int | None:
    """Return the exit code of the container `app`, None before its end; an agent beside it may still run."""
    for container in status.get("containerStatuses") or ():
        if container["name"] == "app" and "terminated" in container["state"]:
            return int(container["state"]["terminated"]["exitCode"])
    return None


def _table(durations: Mapping[str, list[float]]) -> Iterator[str]:
    yield f"  {'pod':<22}{'median':>8}{'min':>8}{'max':>8}{'over':>8}{'times':>8}"
    for kind, found in durations.items():
        over = statistics.median(one - plain for one, plain in zip(found, durations[_PLAIN], strict=True))
        times = statistics.median(one / plain for one, plain in zip(found, durations[_PLAIN], strict=True))
        figures = (statistics.median(found), min(found), max(found), over)
        yield f"  {kind:<22}" + "".join(f"{1000 * each:>8.0f}" for each in figures) + f"{times:>8.2f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pods")
    parser.add_argument("--rounds", type=int, default=30)
    return parser.parse_args()


if __name__ == "__main__":
    main()
