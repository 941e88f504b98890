"""`python -m bench.csi [--pods N] [--mounts N]`, as root: mounts over the socket, with a real Vault and API server.

A *remount* is a call of the driver for a pod that has mounted before; a *new pod* needs a token and a login.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.csi.programs import ORIGINAL, Program, commands
from tests.servers.authority import Authority
from tests.servers.cluster import Cluster, trust_in_vault
from tests.servers.vault import Vault
from tests.vaultcsi.provider import Surroundings

_OBJECTS = """
- {objectName: obj-username, secretPath: secret/data/database/secret, secretKey: username}
- {objectName: obj-password, secretPath: secret/data/database/secret, secretKey: password}
"""
_SEQUENTIAL = 200
_AT_ONCE = 20
_DRAINED = 60
_POLLED = 250
"""The number of pods on a large node."""

Attributes = dict[str, str]


def main() -> None:
    """Start the servers, then each provider in turn, and print its figures."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-csi-") as scratch:
        folder = Path(scratch)
        authority = Authority(folder / "certificates")
        vault, cluster = Vault(folder / "vault", authority), Cluster(folder / "cluster", authority)
        try:
            vault.start()
            cluster.wait()
            surroundings = _prepare(folder, cluster, vault)
            for name, command in commands().items():
                program = Program(name, command, folder / name, cluster, vault)
                try:
                    _run(program, surroundings, options.pods, options.mounts)
                finally:
                    program.stop()
        finally:
            vault.stop()
            cluster.stop()
    if len(commands()) == 1:
        print(f"without the Go original: {ORIGINAL} names its program")


def _prepare(folder: Path, cluster: Cluster, vault: Vault) -> Surroundings:
    trust_in_vault(cluster, vault)
    found = Surroundings(cluster, vault)
    (folder / "manifests").mkdir()
    found.install(folder / "manifests")
    found.account()
    vault.put_secret("secret/data/database/secret", username="myusername", password="mypassword")
    found.role("database", "secret/data/database/*")
    return found


def _run(program: Program, surroundings: Surroundings, pods: int, mounts: int) -> None:
    started = program.memory()
    mount = program.driver.mount
    mount(surroundings.attributes(_OBJECTS))
    new = [surroundings.attributes(_OBJECTS) for _ in range(_SEQUENTIAL)]
    print(f"{program.name}: new pod, alone: {_sequential(mount, new)}")
    print(f"{program.name}: remount, alone: {_sequential(mount, new)}")
    print(f"{program.name}: remount, {_AT_ONCE} at once: {_at_once(mount, new * 5, _AT_ONCE)}")
    crowd = [surroundings.attributes(_OBJECTS) for _ in range(_DRAINED)]
    print(f"{program.name}: {_DRAINED} new pods at once: {_at_once(mount, crowd, _DRAINED)}")
    rest = [surroundings.attributes(_OBJECTS) for _ in range(max(0, pods - _SEQUENTIAL - _DRAINED))]
    before_s = program.processor_s()
    print(f"{program.name}: new pods, {_AT_ONCE} at once: {_at_once(mount, rest, _AT_ONCE)}")
    each_ms = 1000 * (program.processor_s() - before_s) / max(1, len(rest))
    print(f"{program.name}: processor time for each of them: {each_ms:.1f} ms")
    filled = program.memory()
    polled = [*new, *crowd, *rest][-_POLLED:]
    many = (polled * (mounts // len(polled) + 1))[:mounts]
    print(f"{program.name}: {mounts} remounts: {_at_once(mount, many, _AT_ONCE)}")
    print(
        f"{program.name}: MiB resident (proportional): at start {started}, after {pods} pods {filled}, "
        f"after {mounts} remounts {program.memory()}"
    )


def _sequential(mount: Callable[[Attributes], object], each: Sequence[Attributes]) -> str:
    durations = [_seconds(mount, one) for one in each]
    return _latencies(durations)


def _at_once(mount: Callable[[Attributes], object], each: Sequence[Attributes], threads: int) -> str:
    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        durations = list(pool.map(lambda one: _seconds(mount, one), each))
    whole_s = time.monotonic() - began
    return f"{len(durations) / whole_s:.0f} a second, {whole_s:.2f} s for all, {_latencies(durations)}"


def _seconds(mount: Callable[[Attributes], object], one: Attributes) -> float:
    began = time.monotonic()
    mount(one)
    return time.monotonic() - began


def _latencies(durations: Sequence[float]) -> str:
    ordered = sorted(durations)
    late = ordered[int(len(ordered) * 0.99)]
    return f"p50 {1000 * statistics.median(ordered):.1f} ms, p99 {1000 * late:.1f} ms"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.csi")
    parser.add_argument("--pods", type=int, default=1250)
    parser.add_argument("--mounts", type=int, default=10_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
