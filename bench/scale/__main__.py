"""`python -m bench.scale [--namespaces N] [--pods N]`: pods of many namespaces, created as fast as possible.

Two replicas of the webhook, with the rights from `manifests/base`, get the pods of half of the namespaces each. A fifth
of the pods has no command and an image of a registry on this machine. Before and after, the same number of namespaces
without a webhook gets a fifth as many pods.

Two replicas of the webhook, with the rights that `manifests/base` gives it, get the pods of half of the namespaces
each. A fifth of the pods has no command and an image of a registry of this machine. Before and after, the same number
of namespaces that no webhook looks at gets a fifth as many pods.
"""

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.scale.pods import Created, bodies, create, plain
from bench.sync.figures import pss_mib
from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.servers.endpoint import Endpoint
from tests.servers.images import File, image
from tests.servers.registry import Registry
from tests.webhook.served import Served

_IMAGES = 200
_CONNECTIONS = 16
_HALF = "bench.example.com/half"
_NAMESPACE = "vault-webhook"
_BASE = Path(__file__).parents[2] / "manifests/base"


@dataclass(frozen=True)
class _Replica:
    served: Served

    def figures(self) -> Counter[str]:
        """Return the counters in the replica's metrics."""
        endpoint = Endpoint(self.served.address, self.served.ca_file)
        rows = re.findall(r"^(vault_webhook_\w+_total\{[^}]*\}) (\S+)$", endpoint.get("/metrics").text, re.M)
        return Counter({name: int(float(value)) for name, value in rows})

    def memory_mib(self) -> float:
        return sum(pss_mib(pid) for pid in self.served.pids())

    def busy_s(self) -> float:
        """Return the processor time of all processes of the replica, in seconds."""
        fields = (
            Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split() for pid in self.served.pids()
        )
        return sum(int(row[11]) + int(row[12]) for row in fields) / 100


def main() -> None:
    """Start the servers, create the pods, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--namespaces", type=int, default=500)
    parser.add_argument("--pods", type=int, default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-scale-") as name, ExitStack() as stack:
        folder = Path(name)
        authority = Authority(folder / "certificates")
        cluster = Cluster(folder / "cluster", authority)
        stack.callback(cluster.stop)
        registry = Registry(folder / "registry", authority)
        stack.callback(registry.stop)
        cluster.wait()
        registry.wait()
        replicas = [_replica(folder, stack, cluster, registry, authority, half) for half in ("a", "b")]
        _measure(cluster, registry, replicas, options.namespaces, options.pods)


def _replica(
    folder: Path, stack: ExitStack, cluster: Cluster, registry: Registry, authority: Authority, half: str
) -> _Replica:
    """Start a replica with the shipped ServiceAccount, and register it for one half of the namespaces."""
    cluster.kubectl("apply", "-k", str(_BASE))
    settings = {
        "KUBECONFIG": str(cluster.kubeconfig_of(_NAMESPACE, "vault-webhook")),
        "KUBERNETES_NAMESPACE": _NAMESPACE,
        "REGISTRY_CA_FILE": str(registry.endpoint.ca_file),
        "REGISTRY_PRIVATE_HOSTS": registry.host,
    }
    served = Served(folder / half, authority, settings)
    stack.callback(served.stop)
    served.wait()
    cluster.apply(json.dumps(served.registration(f"vault-webhook-{half}", **{_HALF: half})))
    return _Replica(served)


def _measure(
    cluster: Cluster, registry: Registry, replicas: Sequence[_Replica], namespaces: int, number: int
) -> None:
    images = list(_push_images(registry))
    served, others = ([f"{kind}-{each}" for each in range(namespaces)] for kind in ("tenant", "other"))
    for each, name in enumerate(served):
        cluster.create_namespace(name, **{_HALF: "ab"[each % 2]})
    for name in others:
        cluster.create_namespace(name)
    without = list(plain(bodies(others, number // 5, images)))
    _report("no webhook", create(cluster.endpoint, without, _CONNECTIONS))
    memory, busy = _memory(replicas), sum(replica.busy_s() for replica in replicas)
    figures = _figures(replicas)
    created = create(cluster.endpoint, list(bodies(served, number, images)), _CONNECTIONS)
    _report("through the webhook", created)
    busy = sum(replica.busy_s() for replica in replicas) - busy
    _report("no webhook", create(cluster.endpoint, without, _CONNECTIONS))
    print(f"webhook: {1000 * busy / number:.2f} ms of processor time for each pod")
    print(f"memory of a replica (PSS): {memory} MiB at the start, {_memory(replicas)} MiB at the end")
    for row, count in sorted((_figures(replicas) - figures).items()):
        print(f"{row} {count}")


def _push_images(registry: Registry) -> list[str]:
    return [
        registry.push(f"scale/{each}:1", image({"app": File(f"scale-{each}".encode())}, entrypoint=["/app"]))
        for each in range(_IMAGES)
    ]


def _figures(replicas: Sequence[_Replica]) -> Counter[str]:
    return sum((replica.figures() for replica in replicas), Counter[str]())


def _memory(replicas: Sequence[_Replica]) -> str:
    return " and ".join(f"{replica.memory_mib():.0f}" for replica in replicas)


def _report(title: str, created: Created) -> None:
    print(
        f"{title:<20} {len(created.latencies_s)} pods in {created.took_s:.1f} s, {created.per_second:.0f} a second; "
        f"p50 {created.percentile_ms(0.5):.1f} ms, p99 {created.percentile_ms(0.99):.1f} ms; refused: {created.refused}",
        flush=True,
    )


if __name__ == "__main__":
    main()
