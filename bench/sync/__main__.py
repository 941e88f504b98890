"""`python -m bench.sync [NUMBER]`: the operator with so many VaultStaticSecrets at `refreshAfter: 60s`, on real servers.

It prints the time until all are synced, the requests of API server and Vault in a minute at rest, and memory (PSS).
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bench.sync.figures import api_calls, difference, pss_mib, total
from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.servers.kubectl import Kubectl
from tests.servers.vault import Vault
from tests.vaultsync.running.operator import NAMESPACE, ROOT, Operator, Tenant, eventually

_WINDOW_S = 60.0


def main() -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m bench.sync", description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=300)
    number = parser.parse_args().number
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as name:
        folder = Path(name)
        authority = Authority(folder / "certificates")
        cluster, vault = Cluster(folder / "cluster", authority), Vault(folder / "vault", authority)
        try:
            cluster.wait()
            vault.start()
            _measure(folder, cluster, vault, number)
        finally:
            vault.stop()
            cluster.stop()


def _measure(folder: Path, cluster: Cluster, vault: Vault, number: int) -> None:
    audit = folder / "audit.log"
    vault.write("sys/auth/approle", {"type": "approle"})
    vault.write("sys/audit/file", {"type": "file", "options": {"file_path": str(audit)}})
    shutil.copytree(ROOT / "manifests/sync", folder / "sync")
    (folder / "kustomization.yaml").write_text("components: [sync]\n")
    cluster.apply(Kubectl(folder / "none")("kustomize", str(folder)))
    eventually(lambda: cluster.answer("GET", "/apis/secrets.hashicorp.com/v1beta1/vaultauths").ok)
    tenant = Tenant(cluster, vault, 'path "secret/data/NAMESPACE/*" { capabilities = ["read"] }')
    for each in range(number):
        vault.put_secret(f"secret/data/{tenant.namespace}/{each}", key=f"value {each}")
        tenant.static(f"s{each}", f"{tenant.namespace}/{each}", refreshAfter="60s")
    kubeconfig = cluster.kubeconfig_of(NAMESPACE, "vault-webhook-sync")

    before, start = api_calls(cluster), time.monotonic()
    operator = Operator(folder, kubeconfig)
    try:
        eventually(lambda: operator.figure("synced") >= number, timeout_s=120)
        took_s = time.monotonic() - start
        time.sleep(3)  # events
        calls = difference(api_calls(cluster), before)
        print(f"{number} synced after {took_s:.1f} s from the start of the process")
        print(f"API calls for each: {total(calls) / number:.1f} ({_shown(calls)})")
        _rest(cluster, audit, operator)
        operator.restart()
        lines = _lines(audit)
        time.sleep(10)
        print(f"Vault requests in the first 10 s after a restart: {_lines(audit) - lines}")
    finally:
        operator.stop()


def _rest(cluster: Cluster, audit: Path, operator: Operator) -> None:
    before, lines, busy_s = api_calls(cluster), _lines(audit), operator.figure("processor_seconds_total")
    time.sleep(_WINDOW_S)
    calls = difference(api_calls(cluster), before)
    busy_s = operator.figure("processor_seconds_total") - busy_s
    print(
        f"at rest, a minute: {total(calls)} API calls ({_shown(calls)}), {_lines(audit) - lines} Vault requests"
    )
    print(f"processor: {busy_s:.2f} s a minute; memory: {pss_mib(operator.process.pid):.1f} MiB (PSS)")


def _lines(audit: Path) -> int:
    """Return how many requests Vault has answered: each has a line when it comes and one when it goes."""
    return audit.read_text().count("\n") // 2


def _shown(calls: Mapping[tuple[str, str], int]) -> str:
    rows = sorted(calls.items(), key=lambda row: -row[1])[:8]
    return ", ".join(f"{verb} {resource} {count}" for (verb, resource), count in rows)


if __name__ == "__main__":
    main()
