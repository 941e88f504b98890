"""`python -m bench.webhook.growth [--reviews N]`: memory of master and workers at rest, and over many reviews.

The pod changes every half second, so that caches for pods would become visible.
"""

import argparse
import tempfile
from pathlib import Path

from bench.webhook.client import Connection, closed_loop
from bench.webhook.pod import review
from bench.webhook.programs import Program, ours
from tests.servers.authority import Authority

CONNECTIONS = 8
STEPS = 10


def main() -> None:
    """Print a line at rest and one after each tenth of the reviews."""
    parser = argparse.ArgumentParser(prog="python -m bench.webhook.growth")
    parser.add_argument("--reviews", type=int, default=100_000)
    wanted = parser.parse_args().reviews
    with tempfile.TemporaryDirectory() as name:
        authority = Authority(Path(name) / "certificates")
        with ours(Path(name), authority) as program:
            print(f"{'reviews':>9}  RSS in MB: together (master, workers)")
            _report(0, program)
            done = 0
            for step in range(1, STEPS + 1):
                while done < wanted * step // STEPS:
                    done += _send(program, authority, done)
                _report(done, program)


def _send(program: Program, authority: Authority, number: int) -> int:
    """Send reviews of one pod for half a second; return their number."""
    body = review().replace(b"storefront", b"storefront-%d" % number).replace(b"password_", b"p%d_" % number)
    address = ("127.0.0.1", program.port)
    connections = [Connection(address, authority.ca_file, "/pods", body) for _ in range(CONNECTIONS)]
    load = closed_loop(connections, seconds=0.5)
    for connection in connections:
        connection.socket.close()
    return len(load.latencies_s)


def _report(done: int, program: Program) -> None:
    sizes = [_resident_mb(pid) for pid in program.pids]
    print(f"{done:>9}  {sum(sizes):.1f} ({', '.join(f'{size:.1f}' for size in sizes)})", flush=True)


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    main()
