"""`python -m bench.launcher [--rounds N] [--one-cpu] [--only TEXT] [--beside NAME=FILE]`: prints one table per scenario."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.launcher.memory import daemon_memory
from bench.launcher.programs import FLOOR, MINIMAL, Programs, make_programs
from bench.launcher.scenarios import ONE_READ, Scenario, scenarios
from tests.servers.authority import Authority
from tests.servers.cluster import Cluster, trust_in_vault
from tests.servers.vault import Vault

OURS = "vault-env"
NOTHING = "no-op"
DAEMON = f"daemon mode, {ONE_READ}"
WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """The figures of one start."""

    wall_ms: float
    processor_ms: float
    peak_mib: float


def measure(programs: Programs, launcher: Path | None, environ: Mapping[str, str]) -> Sample:
    """Start the launcher once and return its figures; with None, only the no-op."""
    words = [programs.noop] if launcher is None else [launcher, programs.noop]
    done = subprocess.run(
        [programs.measure, *words], env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{launcher} failed: {done.stderr.strip()}")
    wall_ns, processor_us, peak_kib = map(int, done.stdout.split())
    return Sample(wall_ns / 1e6, processor_us / 1e3, peak_kib / 1024)


def run_rounds(programs: Programs, scenario: Scenario, rounds: int) -> dict[str, list[Sample]]:
    """Return the samples of each program; each round starts every program once, in rotating order."""
    started: dict[str, Path | None] = {**programs.launchers, NOTHING: None}
    samples: dict[str, list[Sample]] = {name: [] for name in started}
    names = list(started)
    for number in range(-WARM_UP, rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            sample = measure(programs, started[name], scenario.environ)
            if number >= 0:
                samples[name].append(sample)
    return samples


def table(samples: Mapping[str, list[Sample]]) -> Iterator[str]:
    """Yield lines of text: medians, and the median of our ratio to each program in the same round."""
    ours = samples[OURS]
    yield f"  {'program':<14}{'wall ms':>9}{'CPU ms':>9}{'peak MiB':>10}{'ours / it':>11}{'CPU':>7}"
    for name, found in samples.items():
        wall, processor, peak = (
            statistics.median(getattr(sample, unit) for sample in found)
            for unit in ("wall_ms", "processor_ms", "peak_mib")
        )
        ratio = statistics.median(a.wall_ms / b.wall_ms for a, b in zip(ours, found, strict=True))
        share = statistics.median(
            a.processor_ms / max(b.processor_ms, 0.01) for a, b in zip(ours, found, strict=True)
        )
        yield f"  {name:<14}{wall:>9.2f}{processor:>9.2f}{peak:>10.1f}{ratio:>11.2f}{share:>7.2f}"


def memory_table(programs: Programs, scenario: Scenario) -> Iterator[str]:
    """Yield lines of text: the memory of each launcher with a daemon mode."""
    yield f"  {'program':<14}{'private MiB':>13}{'written MiB':>13}"
    for name, file in programs.launchers.items():
        if name not in (MINIMAL, FLOOR):
            memory = daemon_memory(file, scenario.environ)
            yield f"  {name:<14}{memory.private_mib:>13.1f}{memory.written_mib:>13.1f}"


@contextmanager
def delayed(vault: Vault) -> Iterator[str]:
    """Yield an address of this Vault with a round trip that is five milliseconds longer."""
    port = vault.address.rpartition(":")[2]
    command = [sys.executable, "-m", "bench.launcher.delay", port]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
        try:
            assert proxy.stdout
            yield f"https://127.0.0.1:{proxy.stdout.readline().strip()}"
        finally:
            proxy.terminate()


def main() -> None:
    """Parse the command line, start the servers, measure and print."""
    parser = argparse.ArgumentParser(prog="bench.launcher")
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--one-cpu", action="store_true", help="the launchers on one processor")
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="another launcher, e.g. one of an older tree; may be repeated",
    )
    options = parser.parse_args()
    beside = {name: Path(file) for name, _, file in (text.partition("=") for text in options.beside)}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        programs = make_programs(folder, beside)
        authority = Authority(folder / "certificates")
        vault, cluster = Vault(folder / "vault", authority), Cluster(folder / "cluster", authority)
        stack.callback(cluster.stop)
        stack.callback(vault.stop)
        vault.start()
        cluster.wait()
        trust_in_vault(cluster, vault)
        address = stack.enter_context(delayed(vault))
        if options.one_cpu:
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        _report(programs, scenarios(vault, cluster, address, folder), options.rounds, options.only)


def _report(programs: Programs, wanted: list[Scenario], rounds: int, only: str) -> None:
    for name, file in programs.launchers.items():
        print(f"{name}: {file.stat().st_size / 1e6:.1f} MB")
    for scenario in wanted:
        if only in scenario.name:
            print(f"{scenario.name} ({rounds} rounds)")
            print("\n".join(table(run_rounds(programs, scenario, rounds))), flush=True)
    if only in DAEMON:
        print(DAEMON)
        print("\n".join(memory_table(programs, next(one for one in wanted if one.name == ONE_READ))))


if __name__ == "__main__":
    main()
