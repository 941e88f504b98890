"""The node by hand, as `scripts/cluster` offers it: `up`, `down`, `kubectl …`, `run CMD…`.

Two can run side by side: the variable CLUSTER names the one that is meant.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.cluster.namespaces import enter_network
from tests.cluster.node import Node
from tests.cluster.obstacle import obstacle
from tests.servers.build import program

_ROOT = Path(__file__).parents[2]


def main(arguments: list[str]) -> int:
    """Do what the first argument says; returns the exit status."""
    match arguments:
        case ["hold", folder]:
            return hold(Path(folder))
        case ["up"]:
            return up(_folder())
        case ["down"]:
            return down(_folder())
        case ["kubectl", *rest]:
            return run(_folder(), [str(program("kubectl")), *rest])
        case ["run", *rest] if rest:
            return run(_folder(), rest)
    print("usage: scripts/cluster up | down | kubectl ARGUMENTS… | run COMMAND…", file=sys.stderr)
    return 2


def hold(folder: Path) -> int:
    """Bring a node up, write what is to be known about it to `facts.json`, and keep it until SIGTERM or SIGINT."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    node = Node(folder)
    try:
        unfinished = folder / "facts.unfinished"
        unfinished.write_text(json.dumps(facts(node), indent=1))
        unfinished.rename(folder / "facts.json")
        while True:
            signal.pause()
    except KeyboardInterrupt:
        return 0
    finally:
        node.stop()


def facts(node: Node) -> dict[str, Any]:
    """How to enter the node, and the environment in which its programs are used."""
    return {
        "holder": os.getpid(),
        "init": node.namespaces.pid,
        "group": node.namespaces.group,
        "environment": {
            "KUBECONFIG": str(node.cluster.kubeconfig),
            "VAULT_ADDR": node.vault.address,
            "VAULT_CACERT": str(node.vault.ca_file),
            "VAULT_TOKEN": node.vault.token,
            "REGISTRY": node.registry.host,
            "REGISTRY_CA_FILE": str(node.registry.endpoint.ca_file),
        },
    }


def up(folder: Path) -> int:
    """Start a holder in the background, and return when the node is ready."""
    if (folder / "facts.json").exists() and _alive(_known(folder)["holder"]):
        print("it is up already")
        return 0
    if reason := obstacle():
        print(reason, file=sys.stderr)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = time.monotonic()
    with (folder / "holder.log").open("wb") as log:
        command = [sys.executable, "-m", "tests.cluster", "hold", str(folder)]
        holder = subprocess.Popen(command, cwd=_ROOT, stdout=log, stderr=log, start_new_session=True)
    while not (folder / "facts.json").exists():
        if holder.poll() is not None:
            print((folder / "holder.log").read_text(), file=sys.stderr)
            return 1
        time.sleep(0.1)
    print(f"the node is ready after {time.monotonic() - started:.1f} s; its logs are in {folder}")
    for name, value in _known(folder)["environment"].items():
        print(f"  {name}={value}")
    return 0


def down(folder: Path) -> int:
    """Remove the node and its folder."""
    if (folder / "facts.json").exists():
        holder = _known(folder)["holder"]
        while _alive(holder):
            os.kill(holder, signal.SIGTERM)
            time.sleep(0.2)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def run(folder: Path, command: list[str]) -> int:
    """Replace this process by the command, in the node's network and with its environment."""
    if not (folder / "facts.json").exists() or not _alive(_known(folder)["holder"]):
        print("there is no node: scripts/cluster up", file=sys.stderr)
        return 1
    known = _known(folder)
    enter_network(known["init"])
    try:
        os.execvpe(command[0], command, {**os.environ, **known["environment"]})  # noqa: S606
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127


def _folder() -> Path:
    return Path(tempfile.gettempdir(), f"vault-webhook-cluster-{os.environ.get('CLUSTER', 'dev')}")


def _known(folder: Path) -> dict[str, Any]:
    known: dict[str, Any] = json.loads((folder / "facts.json").read_text())
    return known


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
