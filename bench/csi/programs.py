"""The providers that are compared, each started as in a pod: with its API server and its ServiceAccount's files."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers.cluster import Cluster
from tests.servers.process import Process, free_port
from tests.servers.vault import Vault
from tests.vaultcsi.driver import Driver
from tests.vaultcsi.provider import ACCOUNT, NAMESPACE, NODE

ORIGINAL = "ORIGINAL_CSI_PROVIDER"
"""The variable with the path of vault-csi-provider, a static program."""

# The files of a pod's ServiceAccount, in a mount namespace of the program.
_AS_IN_A_POD = """
set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/secrets/kubernetes.io
cp -r "$1" /run/secrets/kubernetes.io/serviceaccount
shift; exec "$@"
"""


@dataclass(frozen=True)
class Memory:
    """The memory of a process in MiB: resident, and proportional (with its share of shared pages)."""

    rss: float
    pss: float

    def __str__(self) -> str:
        return f"{self.rss:.0f} ({self.pss:.0f})"


class Program:
    """A running provider, and a driver that calls it."""

    def __init__(self, name: str, command: list[str], folder: Path, cluster: Cluster, vault: Vault) -> None:
        self.name = name
        account = folder / "account"
        account.mkdir(parents=True)
        (account / "token").write_text(cluster.service_account_token(NAMESPACE, ACCOUNT))
        (account / "ca.crt").write_bytes(cluster.endpoint.ca_file.read_bytes())
        (account / "namespace").write_text(NAMESPACE)
        socket, log = folder / "vault.sock", folder / "provider.log"
        api = urlsplit(cluster.endpoint.address)
        self.process = Process(
            [
                "unshare",
                "--mount",
                "sh",
                "-c",
                _AS_IN_A_POD,
                "sh",
                str(account),
                *command,
                f"-endpoint={socket}",
                f"-health-addr=127.0.0.1:{free_port()}",
            ],
            log,
            {
                "PATH": os.environ["PATH"],
                "KUBERNETES_SERVICE_HOST": api.hostname or "",
                "KUBERNETES_SERVICE_PORT": str(api.port),
                "VAULT_CACERT": str(vault.ca_file),
                "NODE_NAME": NODE,
            },
        )
        self.process.wait_until(socket.exists)
        self.driver = Driver(str(socket))

    def memory(self) -> Memory:
        """Return the present memory of the provider."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        rss, pss = (
            int(re.findall(rf"^{name}:\s+(\d+)", rollup, re.MULTILINE)[0]) / 1024 for name in ("Rss", "Pss")
        )
        return Memory(rss, pss)

    def processor_s(self) -> float:
        """Return the processor time that the provider has used until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End the provider and the driver."""
        self.driver.close()
        self.process.stop()


def commands() -> dict[str, list[str]]:
    """Return the command of each provider: ours, and the Go original if its path is set."""
    found = {"ours": [sys.executable, "-m", "webhook", "csi-provider"]}
    if os.environ.get(ORIGINAL):
        found["vault-csi-provider"] = [os.environ[ORIGINAL]]
    return found
