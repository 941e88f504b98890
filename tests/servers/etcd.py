"""etcd, the store of the API server."""

import signal
from pathlib import Path

from tests.servers.build import program
from tests.servers.process import Process, free_port


class Etcd:
    """An etcd of one member on loopback; `address` is its client URL."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.address = f"http://127.0.0.1:{free_port()}"
        peers = f"http://127.0.0.1:{free_port()}"
        self._process = Process(
            [
                program("etcd"),
                f"--data-dir={folder / 'data'}",
                "--unsafe-no-fsync",
                f"--listen-client-urls={self.address}",
                f"--advertise-client-urls={self.address}",
                f"--listen-peer-urls={peers}",
                f"--initial-advertise-peer-urls={peers}",
                f"--initial-cluster=default={peers}",
            ],
            folder / "etcd.log",
            {"HOME": str(folder)},
        )

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self._process.send(number)

    def stop(self) -> None:
        """Stop the process; its data is thrown away."""
        self._process.kill()
