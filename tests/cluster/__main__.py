"""The node by hand, as `scripts/cluster` offers it: `up [--bare]`, `down`, `kubectl …`, `run CMD…`.

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
from tests.cluster.obstacle import obstacle
from tests.servers.build import program

_ROOT = Path(__file__).parents[2]


def main(arguments: list[str]) -> int:
    """Run the command named by the first argument, and return the exit status."""
    match arguments:
        case ["up"]:
            return up(_folder(), "product")
        case ["up", "--bare"]:
            return up(_folder(), "bare")
        case ["down"]:
            return down(_folder())
        case ["kubectl", *rest]:
            return run(_folder(), [str(program("kubectl")), *rest])
        case ["run", *rest] if rest:
            return run(_folder(), rest)
    print("usage: scripts/cluster up [--bare] | down | kubectl ARGUMENTS… | run COMMAND…", file=sys.stderr)
    return 2


def up(folder: Path, what: str) -> int:
    """Start a holder in the background, and return when the `product` or the `bare` node is ready."""
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
        command = [sys.executable, "-m", "tests.cluster.holder", str(folder), what]
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
