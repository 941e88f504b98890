"""`python -m bench.webhook.hostile [--at-once N] [--only TEXT]`: time and memory of hostile ConfigMaps, and effects.

Each is sent once, then N at the same time, while pods and a ConfigMap with one reference are reviewed in another
namespace. All servers are on loopback; every request ends within 30 s.

Each is sent alone first, then N at once while pods and a ConfigMap with one reference go on in another namespace. All
is on loopback; every request ends within 30 s.
"""

import argparse
import http.client
import os
import ssl
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.webhook import pod
from bench.webhook.attacks import attacks, review, stub
from tests.servers.authority import Authority
from tests.webhook.served import Served

_LIMIT_S = 30.0
_OTHERS = {
    "pods": ("/pods", pod.review()),
    "references": ("/configmaps", review({"a": "vault:s/data/small#k"}, "innocent")),
}
_PER_SECOND = 10


def main() -> None:
    """Print a line for each attack: once, N at the same time, and the latencies of others."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        authority = Authority(Path(name) / "certificates")
        with stub(Path(name), authority) as address, _served(Path(name), authority, address) as served:
            print(f"load of the machine {os.getloadavg()[0]:.1f}; memory at rest {_memory_mb(served)} MB")
            calm = _disturbed(served, 0, b"", "configmaps")
            print(f"{'nobody':<28} others p50/p99/max s: {calm.others_line()}")
            for title, data in attacks().items():
                if options.only in title:
                    print(f"{title:<28} {_line(served, data, options.at_once)}", flush=True)


@dataclass
class Outcome:
    """The seconds and answers of the attacks, and the seconds of each other request."""

    took_s: list[float] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    others_s: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in _OTHERS})
    grown_mb: list[float] = field(default_factory=list)

    def others_line(self) -> str:
        """Return the median, the 99th percentile and the maximum of each kind."""
        return ", ".join(
            f"{name} {statistics.median(found):.2f}/{_percentile(found):.2f}/{max(found):.2f} ({len(found)})"
            for name, found in self.others_s.items()
        )


def _line(served: Served, data: dict[str, str], at_once: int) -> str:
    body = review(data, "hostile")
    single, parallel = (
        _disturbed(served, 1, body),
        _disturbed(served, at_once, body),
    )
    kinds = {answer: parallel.answers.count(answer) for answer in parallel.answers}
    return (
        f"{len(body) / 1e6:.2f} MB alone {single.took_s[0]:.2f} s +{max(single.grown_mb):.0f} MB {single.answers[0]}; "
        f"{at_once} at once {max(parallel.took_s):.2f} s +{max(parallel.grown_mb):.0f} MB {kinds}; others {parallel.others_line()}"
    )


def _disturbed(served: Served, attackers: int, body: bytes) -> Outcome:
    """Send the attacks at the same time, and other requests beside them, for at least two seconds."""
    outcome, done = Outcome(), threading.Event()
    before = _reset_peaks(served)
    pids = served.pids()
    threads = [threading.Thread(target=_attack, args=(served, body, outcome)) for _ in range(attackers)]
    others = [threading.Thread(target=_other, args=(served, name, outcome, done)) for name in _OTHERS]
    for thread in (*others, *threads):
        thread.start()
    time.sleep(2)
    for thread in threads:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    if served.pids() != pids:
        outcome.answers.append("A WORKER WAS LOST")
        return outcome
    outcome.grown_mb = [_field_mb(pid, "VmHWM") - at for pid, at in before.items()]
    return outcome


def _attack(served: Served, body: bytes, outcome: Outcome) -> None:
    began = time.perf_counter()
    answer = _post(served, "/configmaps", body)
    outcome.took_s.append(time.perf_counter() - began)
    outcome.answers.append(answer)


def _other(served: Served, name: str, outcome: Outcome, done: threading.Event) -> None:
    """Send requests at even intervals; one that is not allowed counts with the limit as its seconds."""
    path, body = _OTHERS[name]
    while not done.is_set():
        began = time.perf_counter()
        answer = _post(served, path, body)
        took_s = time.perf_counter() - began
        outcome.others_s[name].append(took_s if answer == "allowed" else _LIMIT_S)
        done.wait(max(0.0, 1 / _PER_SECOND - took_s))


def _post(served: Served, path: str, body: bytes) -> str:
    """Return `allowed`, the status code of a refusal, or the kind of failure."""
    context = ssl.create_default_context(cafile=served.ca_file)
    connection = http.client.HTTPSConnection("localhost", served.port, timeout=_LIMIT_S, context=context)
    try:
        connection.request("POST", f"{path}?timeout=10s", body, {"Content-Type": "application/json"})
        text = connection.getresponse().read()
    except OSError as error:
        return type(error).__name__
    finally:
        connection.close()
    return "allowed" if b'"allowed":true' in text else text.partition(b'"code":')[2][:3].decode() or "?"


@contextmanager
def _served(folder: Path, authority: Authority, address: str) -> Iterator[Served]:
    settings = {
        "VAULT_ADDR": address,
        "VAULT_ADDR_ALLOWLIST": "https://vault.example.com",
        "VAULT_PATH_POLICY": "*",
        "SSL_CERT_FILE": str(authority.ca_file),
    }
    served = Served(folder / "served", authority, settings, api_server=address)
    try:
        served.wait()
        yield served
    finally:
        served.stop()


def _reset_peaks(served: Served) -> dict[int, float]:
    for pid in served.pids():
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    return {pid: _field_mb(pid, "VmRSS") for pid in served.pids()}


def _memory_mb(served: Served) -> str:
    return ", ".join(f"{_field_mb(pid, 'VmRSS'):.0f}" for pid in served.pids())


def _field_mb(pid: int, name: str) -> float:
    return int(Path(f"/proc/{pid}/status").read_text().partition(f"{name}:")[2].split()[0]) / 1024


def _percentile(found: list[float]) -> float:
    return sorted(found)[min(len(found) - 1, int(0.99 * len(found)))]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.webhook.hostile")
    parser.add_argument("--at-once", type=int, default=10)
    parser.add_argument("--only", default="", help="part of an attack's name")
    return parser.parse_args()


if __name__ == "__main__":
    main()
