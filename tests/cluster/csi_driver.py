"""The Secrets Store CSI driver on the node, beside the kubelet, with its own CRDs and rights."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.addresses import NODE
from tests.cluster.namespaces import PATH
from tests.cluster.node import Node
from tests.cluster.pods import eventually
from tests.servers.build import program
from tests.servers.process import Process
from tests.servers.programs import PROGRAMS
from tests.servers.toolchain import go

NAME = "secrets-store.csi.k8s.io"
GROUP = "secrets-store.csi.x-k8s.io"
ROOT = Path(__file__).parents[2]
PROGRAM = "secrets-store-csi-driver"
ROTATION_S = 5
_MODULE = "sigs.k8s.io/secrets-store-csi-driver"
_PLUGIN = "/var/lib/kubelet/plugins/csi-secrets-store"
_PROVIDERS = "/var/run/secrets-store-csi-providers"
_CRDS = ("secretproviderclasses", "secretproviderclasspodstatuses")
_MANIFESTS = (*(f"{GROUP}_{crd}.yaml" for crd in _CRDS), "rbac-secretproviderclass.yaml", "csidriver.yaml")
_MAKE_FOLDERS = f'mkdir -p {_PLUGIN} {_PROVIDERS}; exec "$@"'


class CsiDriver:
    """The running driver; its processes share the node's namespaces, so that the kubelet sees its mounts at once."""

    def __init__(self, node: Node, folder: Path, manifests: Path, rotation: str) -> None:
        """Install and start the driver, and return when the kubelet knows it; `rotation` is the shortest time between mounts."""
        folder.mkdir(parents=True, exist_ok=True)
        self._node = node
        self._folder = folder
        self._flags = ["--enable-secret-rotation=true", f"--rotation-poll-interval={rotation}"]
        for name in _MANIFESTS:
            node.kubectl("apply", "-f", str(manifests / name))
        for crd in _CRDS:
            node.kubectl("wait", "--for=condition=Established", f"crd/{crd}.{GROUP}", "--timeout=20s")
        self.start()
        eventually(self._is_registered, self.log)

    def start(self) -> None:
        """Start the driver, also after `stop`; the kubelet notices it."""
        self._processes = [self._start_driver(self._flags), self._start_registrar()]

    def restart(self, *, rotates: bool = True) -> None:
        """Kill the driver and start it again, with rotation or without."""
        self._processes[0].kill()
        self._processes[0] = self._start_driver(self._flags if rotates else [])

    def log(self) -> str:
        """Return the end of the driver's log."""
        return "\n".join(process.tail() for process in self._processes)

    def stop(self) -> None:
        """End the driver."""
        for process in self._processes:
            process.stop()

    def _start_driver(self, flags: Sequence[str]) -> Process:
        kubeconfig = self._node.cluster.kubeconfig_of("kube-system", PROGRAM)
        command = [
            str(program(PROGRAM)),
            f"--endpoint=unix://{_PLUGIN}/csi.sock",
            f"--nodeid={NODE}",
            f"--provider-volume={_PROVIDERS}",
            "--metrics-addr=127.0.0.1:8095",
            *flags,
        ]
        environment = {"PATH": PATH, "HOME": str(self._folder), "KUBECONFIG": str(kubeconfig)}
        inside = self._node.namespaces.command(["sh", "-c", _MAKE_FOLDERS, "sh", *command])
        return Process(inside, self._folder / "driver.log", environment)

    def _start_registrar(self) -> Process:
        command = [sys.executable, "-m", "tests.cluster.registrar", NAME, f"{_PLUGIN}/csi.sock"]
        environment = {"PATH": PATH, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        return Process(self._node.namespaces.command(command), self._folder / "registrar.log", environment)

    def _is_registered(self) -> bool:
        found = json.loads(self._node.kubectl("get", "csinodes", "-o", "json"))["items"]
        drivers = [driver for node in found for driver in node["spec"].get("drivers") or ()]
        return any(driver["name"] == NAME for driver in drivers)


def manifests() -> Path:
    """Return the folder with the driver's manifests; download its module unless a build has done so."""
    done = subprocess.run(
        [go(), "mod", "download", "-json", _MODULE],
        cwd=PROGRAMS[PROGRAM].module,
        env={**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(json.loads(done.stdout)["Dir"], "deploy")
