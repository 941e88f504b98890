"""`python -m bench.sync [NUMBER] [--others NUMBER] [--change]`: the operator with NUMBER VaultStaticSecrets.

They have `refreshAfter: 60s`, and the servers are real. It prints the time until all are synced, the requests to API
server and Vault in a minute at rest, memory (PSS), and the requests after a restart; with `--others` the memory with
that number of foreign Secrets of 100 KiB; with `--change` the time until a value that was changed in Vault arrives.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.sync.figures import api_calls, difference, pss_mib, total
from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.servers.vault import Vault
from tests.vaultsync.running.operator import Operator, Tenant, eventually, install

_WINDOW_S, _AFTER_RESTART_S, _PAUSE_S = 60.0, 50.0, 5.0
_BIG = "x" * (100 << 10)


def main() -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m bench.sync", description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=300)
    parser.add_argument("--others", type=int, default=0, help="so many big Secrets of others")
    parser.add_argument("--change", action="store_true", help="change each value in Vault, once")
    options = parser.parse_args()
    with _servers() as (folder, cluster, vault):
        _measure(folder, cluster, vault, options)


@contextmanager
def _servers() -> Iterator[tuple[Path, Cluster, Vault]]:
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as name:
        folder = Path(name)
        authority = Authority(folder / "certificates")
        cluster, vault = Cluster(folder / "cluster", authority), Vault(folder / "vault", authority)
        try:
            cluster.wait()
            vault.start()
            yield folder, cluster, vault
        finally:
            vault.stop()
            cluster.stop()


def _measure(folder: Path, cluster: Cluster, vault: Vault, options: argparse.Namespace) -> None:
    audit, number = folder / "audit.log", options.number
    vault.write("sys/auth/approle", {"type": "approle"})
    vault.write("sys/audit/file", {"type": "file", "options": {"file_path": str(audit)}})
    kubeconfig = install(cluster, folder / "installed")
    tenant = Tenant(cluster, vault, 'path "secret/data/NAMESPACE/*" { capabilities = ["read"] }')
    _write(tenant, number, "value")
    for each in range(number):
        tenant.static(f"s{each}", f"{tenant.namespace}/{each}", refreshAfter="60s")

    before, start = api_calls(cluster), time.monotonic()
    operator = Operator(folder, kubeconfig)
    try:
        for wanted in (1, number):
            eventually(lambda: operator.figure("synced") >= wanted, timeout_s=300)  # noqa: B023  # called at once
            print(f"{wanted} synced after {time.monotonic() - start:.1f} s from the start of the process")
        _wait_for_events(cluster)
        calls = difference(api_calls(cluster), before)
        print(f"processor: {operator.figure('processor_seconds_total'):.1f} s")
        print(f"API calls for each: {total(calls) / number:.1f} ({_shown(calls)})")
        _rest(cluster, audit, operator)
        if options.change:
            _change(tenant, number)
        if options.others:
            _others(tenant, operator, options.others)
        _restart(operator, audit)
        print(f"memory after a restart: {pss_mib(operator.process.pid):.1f} MiB (PSS)")
    finally:
        operator.stop()


def _write(tenant: Tenant, number: int, value: str) -> None:
    for each in range(number):
        tenant.vault.put_secret(f"secret/data/{tenant.namespace}/{each}", key=f"{value} {each}")


def _wait_for_events(cluster: Cluster) -> None:
    """Wait until the operator has sent the events of the first sync, some dozen in a second."""
    sent, seen = 0, -1
    while sent != seen:
        seen = sent
        time.sleep(_PAUSE_S)
        sent = api_calls(cluster)["POST", "events"]


def _rest(cluster: Cluster, audit: Path, operator: Operator) -> None:
    before, lines, busy_s = api_calls(cluster), _requests(audit), operator.figure("processor_seconds_total")
    time.sleep(_WINDOW_S)
    calls = difference(api_calls(cluster), before)
    busy_s = operator.figure("processor_seconds_total") - busy_s
    request_count = sum((_requests(audit) - lines).values())
    print(f"at rest, a minute: {total(calls)} API calls ({_shown(calls)}), {request_count} Vault requests")
    print(f"processor: {busy_s:.2f} s a minute; memory: {pss_mib(operator.process.pid):.1f} MiB (PSS)")


def _change(tenant: Tenant, number: int) -> None:
    """Change every value, and print the time until all Secrets have theirs, from the first and the last change on."""
    path = f"/api/v1/namespaces/{tenant.namespace}/secrets?labelSelector=app.kubernetes.io/managed-by"

    def versions() -> Mapping[str, str]:
        found = tenant.cluster.request("GET", path)["items"]
        return {each["metadata"]["name"]: each["metadata"]["resourceVersion"] for each in found}

    before = versions()
    start = time.monotonic()
    _write(tenant, number, "other")
    changed = time.monotonic()
    while any(before[name] == version for name, version in versions().items()):
        time.sleep(1)
    end = time.monotonic()
    print(
        f"all changed values arrived {end - changed:.0f} s after the last and {end - start:.0f} s after the first change"
    )


def _others(tenant: Tenant, operator: Operator, number: int) -> None:
    before = pss_mib(operator.process.pid)
    for each in range(number):
        tenant.add("v1", "Secret", f"other-{each}", stringData={"big": _BIG})
    time.sleep(5)
    print(
        f"memory with {number} big Secrets of others: {pss_mib(operator.process.pid) - before:+.1f} MiB (PSS)"
    )


def _restart(operator: Operator, audit: Path) -> None:
    before = _requests(audit)
    operator.restart()
    time.sleep(_AFTER_RESTART_S)
    seconds = _requests(audit) - before
    most = max(seconds.values(), default=0)
    print(
        f"Vault requests in the {_AFTER_RESTART_S:.0f} s after a restart: {sum(seconds.values())}; most in a second: {most}"
    )


def _requests(audit: Path) -> Counter[str]:
    """Return the number of requests to Vault in each second, from the audit log."""
    lines = map(json.loads, audit.read_text().splitlines())
    return Counter(line["time"][:19] for line in lines if line["type"] == "request")


def _shown(calls: Mapping[tuple[str, str], int]) -> str:
    rows = sorted(calls.items(), key=lambda row: -row[1])[:8]
    return ", ".join(f"{verb} {resource} {count}" for (verb, resource), count in rows)


if __name__ == "__main__":
    main()
