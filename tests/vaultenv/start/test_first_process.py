"""A signal ends a launcher that waits for Vault as a container's first process."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

NAMESPACE = ["unshare", "--map-root-user", "--fork", "--pid"]

pytestmark = pytest.mark.launcher


@pytest.mark.parametrize("more", [{}, {"VAULT_ENV_DAEMON": "true"}])
@pytest.mark.parametrize("name", ["TERM", "INT", "QUIT", "HUP"])
def test_a_signal_ends_the_start(static_file: Path, name: str, more: dict[str, str]) -> None:
    number = signal.Signals[f"SIG{name}"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        environ = {
            "VAULT_ADDR": f"http://127.0.0.1:{server.getsockname()[1]}",
            "VAULT_TOKEN": "t",
            "SECRET": "vault:secret/data/a#b",
            "VAULT_ENV_TIMEOUT": "0",
        }
        with subprocess.Popen([*NAMESPACE, static_file, "/bin/true"], env=environ | more) as process:
            waiting, _ = server.accept()
            with waiting:
                os.kill(_child_of(process.pid), number)
                assert process.wait(30) == 128 + number


def _child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text())
