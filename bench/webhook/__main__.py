"""`python -m bench.webhook [--seconds N] [--rounds N]`: the webhook beside the floor and, where given, the original."""

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from bench.webhook.client import Connection, Load, closed_loop, paced
from bench.webhook.pod import review
from bench.webhook.programs import CLIENT_CORE, ORIGINAL, servers
from tests.servers.authority import Authority

OURS = "vault-webhook"
CONNECTIONS = 8
PER_SECOND = 100
Run = Callable[[list[Connection], float], Load]
RUNS: Mapping[str, Run] = {
    f"closed loop, {CONNECTIONS} connections": closed_loop,
    f"paced, {PER_SECOND} a second": lambda connections, seconds: paced(connections, seconds, PER_SECOND),
}


def main() -> None:
    """Run every server in every round, one after the other, and print medians over the rounds."""
    options = _options()
    os.sched_setaffinity(0, {CLIENT_CORE})
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, authority = Path(name), Authority(Path(name) / "certificates")
        ports = {server: stack.enter_context(start(folder, authority)) for server, start in servers().items()}
        print(f"one core for the server, another for the client; review of {len(review())} bytes")
        if "original" not in ports:
            print(f"without the Go original: {ORIGINAL} names its program")
        for title, run in RUNS.items():
            loads: dict[str, list[Load]] = {server: [] for server in ports}
            for _ in range(options.rounds):
                for server, port in ports.items():
                    loads[server].append(_measure(run, port, authority, options.seconds))
            print(f"\n{title}")
            print("\n".join(_table(loads)))


def _measure(run: Run, port: int, authority: Authority, seconds: float) -> Load:
    connections = [
        Connection(("127.0.0.1", port), authority.ca_file, "/pods", review()) for _ in range(CONNECTIONS)
    ]
    run(connections, seconds / 5)
    load = run(connections, seconds)
    for connection in connections:
        connection.socket.close()
    return load


def _table(loads: Mapping[str, list[Load]]) -> Iterator[str]:
    """Lines of text; the ratio is ours to the server's, the median over the rounds."""
    yield f"  {'server':<15}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'ours / it':>11}{'p99':>7}"
    for server, found in loads.items():
        rate = statistics.median(load.per_second for load in found)
        middle, high = (
            statistics.median(load.percentile_ms(share) for load in found) for share in (0.5, 0.99)
        )
        pairs = list(zip(loads[OURS], found, strict=True))
        ratio = statistics.median(own.per_second / other.per_second for own, other in pairs)
        tail = statistics.median(own.percentile_ms(0.99) / other.percentile_ms(0.99) for own, other in pairs)
        yield f"  {server:<15}{rate:>10.0f}{middle:>9.2f}{high:>9.2f}{ratio:>11.2f}{tail:>7.2f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.webhook")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
