"""The logs of provider and operator are JSON from the first line on, even without a server that answers them."""

import json
import sys
from pathlib import Path

import pytest

from tests.servers.process import Process, free_port

KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: away, cluster: {server: "http://127.0.0.1:1"}}]
contexts: [{name: away, context: {cluster: away, user: away}}]
users: [{name: away, user: {token: t}}]
current-context: away
"""


@pytest.mark.parametrize(("command", "first"), [("csi-provider", "serving"), ("sync", "started")])
def test_each_line_is_json(tmp_path: Path, command: str, first: str) -> None:
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    log = tmp_path / "log"
    environ = {
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
        "HEALTH_ADDR": f"127.0.0.1:{free_port()}",
        "CSI_ENDPOINT": str(tmp_path / "vault.sock"),
    }
    process = Process([sys.executable, "-m", "webhook", command], log, environ)
    try:
        process.wait_until(lambda: f'"{first}"' in log.read_text())
    finally:
        process.stop(timeout_s=30)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert all({"time", "level", "message"} <= line.keys() for line in lines)
