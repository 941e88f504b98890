"""`python -m bench.webhook [--seconds N] [--rounds N]`: the webhook beside the floor and, if given, the original."""

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.webhook.client import Connection, Load, closed_loop, paced
from bench.webhook.pod import review
from bench.webhook.programs import CLIENT_CORE, ORIGINAL, Program, servers
from tests.servers.authority import Authority

OURS = "vault-webhook"
CONNECTIONS = 8
PER_SECOND = 100
Run = Callable[[list[Connection], float], Load]
RUNS: Mapping[str, Run] = {
    f"closed loop, {CONNECTIONS} connections": closed_loop,
    f"paced, {PER_SECOND} a second": lambda connections, seconds: paced(connections, seconds, PER_SECOND),
}


@dataclass(frozen=True)
class Sample:
    """The load of one run, and the server's processor time for each answer."""

    load: Load
    processor_us: float


def main() -> None:
    """Run every server in every round, one after the other, and print medians over the rounds."""
    options = _options()
    os.sched_setaffinity(0, {CLIENT_CORE})
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, authority = Path(name), Authority(Path(name) / "certificates")
        programs = {
            server: stack.enter_context(start(folder, authority)) for server, start in servers().items()
        }
        print(f"one core for the server, another for the client; review of {len(review())} bytes")
        if "original" not in programs:
            print(f"without the Go original: {ORIGINAL} names its program")
        for title, run in RUNS.items():
            loads: dict[str, list[Sample]] = {server: [] for server in programs}
            for _ in range(options.rounds):
                for server, program in programs.items():
                    loads[server].append(_measure(run, program, authority, options.seconds))
            print(f"\n{title}")
            print("\n".join(_table(loads)))


def _measure(run: Run, program: Program, authority: Authority, seconds: float) -> Sample:
    connections = [
        Connection(("127.0.0.1", program.port), authority.ca_file, "/pods", review())
        for _ in range(CONNECTIONS)
    ]
    run(connections, seconds / 5)
    before_s = program.processor_s()
    load = run(connections, seconds)
    processor_us = (program.processor_s() - before_s) / len(load.latencies_s) * 1e6
    for connection in connections:
        connection.socket.close()
    return Sample(load, processor_us)


def _table(samples: Mapping[str, list[Sample]]) -> Iterator[str]:
    """Yield lines of text; a ratio is our figure over the server's, as the median over the rounds."""
    yield f"  {'server':<15}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}   {'ours / it:':<12}{'rate':>6}{'p99':>7}{'CPU':>7}"
    for server, found in samples.items():
        figures = [statistics.median(column) for column in zip(*map(_figures, found), strict=True)]
        ratios = [
            statistics.median(column) for column in zip(*map(_ratios, samples[OURS], found), strict=True)
        ]
        yield (
            f"  {server:<15}{figures[0]:>10.0f}{figures[1]:>9.2f}{figures[2]:>9.2f}{figures[3]:>9.0f}"
            f"{'':<15}{ratios[0]:>6.2f}{ratios[2]:>7.2f}{ratios[3]:>7.2f}"
        )


def _figures(sample: Sample) -> tuple[float, ...]:
    load = sample.load
    return load.per_second, load.percentile_ms(0.5), load.percentile_ms(0.99), sample.processor_us


def _ratios(own: Sample, other: Sample) -> tuple[float, ...]:
    pairs = zip(_figures(own), _figures(other), strict=True)
    return tuple(one / max(another, 0.001) for one, another in pairs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.webhook")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
