"""Several processes on the real API server and Vault: two replicas with one leader, and one with `--once`."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.cluster import Cluster
from tests.servers.process import stopping
from tests.vaultsync.running.leases import DYNAMIC, add_dynamic, leases
from tests.vaultsync.running.operator import NAMESPACE, Operator, Tenant, eventually
from vaultkube.sync_resources.resources import KINDS

Once = Callable[[], subprocess.CompletedProcess[str]]


@pytest.fixture
def once(installed: Path) -> Once:
    """A function that runs `vault-webhook sync --once` to its end."""

    def run() -> subprocess.CompletedProcess[str]:
        environ = {
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(installed),
            "POD_NAMESPACE": NAMESPACE,
        }
        command = [sys.executable, "-m", "webhook", "sync", "--once"]
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)

    return run


def _stored_tokens(cluster: Cluster) -> set[str]:
    found = cluster.request("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets")["items"]
    return {name for each in found if "-token-" in (name := each["metadata"]["name"])}


def test_the_second_replica_leads_after_sigterm_and_issues_no_credentials(
    operator: Operator, installed: Path, leasing: Tenant, tmp_path: Path
) -> None:
    add_dynamic(leasing)
    eventually(lambda: leasing.condition(DYNAMIC, "credentials").get("status") == "True")
    before, data = leases(leasing), leasing.data("credentials")
    try:
        with stopping(Operator(tmp_path, installed)) as second:
            time.sleep(1)
            assert (operator.leads(), second.leads(), second.get("/health/ready")[0]) == (True, False, 200)
            assert second.figure("worked_total") == 0
            operator.stop()
            eventually(second.leads, timeout_s=10)
            add_dynamic(leasing, "another")
            eventually(lambda: leasing.data("another"))
            time.sleep(6)  # what is in step is looked at within five seconds
            assert before < leases(leasing)
            assert len(leases(leasing)) == 2
            assert leasing.data("credentials") == data
            assert second.figure("worked_total") > 0
    finally:
        operator.restart()


def test_once_syncs_all_objects_fails_with_one_and_deletes_kept_tokens(
    operator: Operator, cluster: Cluster, leasing: Tenant, once: Once
) -> None:
    others = ",".join(f"{row.plural}.secrets.hashicorp.com" for row in KINDS)
    cluster.kubectl(
        "delete", others, "--all-namespaces", "--field-selector", f"metadata.namespace!={leasing.namespace}"
    )
    operator.stop()
    try:
        add_dynamic(leasing)
        done = once()
        assert (done.returncode, bool(leasing.data("credentials"))) == (0, True), done.stderr
        assert leasing.condition(DYNAMIC, "credentials")["status"] == "True"
        assert leasing.events("credentials")[0][0] == "SecretSynced"
        (lease,), (token,) = leases(leasing), _stored_tokens(cluster)
        assert once().returncode == 0
        assert (leases(leasing), _stored_tokens(cluster)) == ({lease}, {token})
        leasing.static("broken", f"{leasing.namespace}/nowhere")
        assert once().returncode == 1
        assert leasing.condition("VaultStaticSecret", "broken")["status"] == "False"
        leasing.cluster.request("DELETE", leasing.path("VaultStaticSecret", "broken"))
        leasing.cluster.request("DELETE", leasing.path(DYNAMIC, "credentials"))
        assert once().returncode == 0
        assert not _stored_tokens(cluster)
    finally:
        operator.restart()


def test_two_installations_issue_no_credentials_because_of_each_other(
    operator: Operator, installed: Path, leasing: Tenant, tmp_path: Path
) -> None:
    names = {"LEASE_NAME": "another", "HMAC_SECRET_NAME": "another"}
    with stopping(Operator(tmp_path, installed, **names)) as second:
        eventually(second.leads)
        add_dynamic(leasing)
        eventually(lambda: leasing.condition(DYNAMIC, "credentials").get("status") == "True")
        time.sleep(4)  # a Secret that somebody else has written is looked at after half a second
        before, data = leases(leasing), leasing.data("credentials")
        time.sleep(3)
        assert leases(leasing) == before
        assert leasing.data("credentials") == data
        leasing.cluster.request("DELETE", leasing.path(DYNAMIC, "credentials"))


def test_once_does_nothing_while_another_process_leads(operator: Operator, once: Once) -> None:
    refused = once()
    assert refused.returncode == 1
    assert "another process holds Lease vault-webhook-sync" in refused.stderr
    assert operator.leads()
