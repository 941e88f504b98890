"""docs/quick-start.md from its second step on, on a new node: the commands of the page, with images from the node's registry."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import images
from tests.cluster.builder import product_image
from tests.cluster.node import Node
from tests.cluster.obstacle import obstacle
from tests.cluster.pods import eventually
from tests.scripts.pages import ROOT, typed
from tests.servers.build import program
from tests.servers.images import File, Folder, Image, image
from tests.servers.process import stopping

PAGE = [*typed(ROOT / "docs" / "quick-start.md")]
DONE_HERE = ("kind ", "docker ", "python3 -m venv ")
"""Commands in whose stead the images are pushed, and the environment of the tests is there already."""
WAIT = "until (exec 3<>/dev/tcp/127.0.0.1/8200) 2>&-; do sleep 0.1; done"
"""A reader's next command comes later than the listener of the one before."""
TIMEOUT_S = 240


@pytest.fixture(scope="module")
def new_node(launcher_image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Yield an empty node with the images of the page in the registry of its container runtime."""
    if reason := obstacle():
        pytest.skip(reason)
    needed = {
        "library/vault-webhook:0.1": product_image("webhook"),
        "library/vault-env:0.1": launcher_image,
        "hashicorp/vault:1.21": _vault(),
        "library/alpine:3": images.shell(),
    }
    with stopping(Node(tmp_path_factory.mktemp("quick-start"))) as node:
        with node.network():
            for name, made in needed.items():
                node.registry.push(name, made)
        yield node


def _vault() -> Image:
    folders = {"tmp": Folder(0o1777), "home": Folder(0o777), "root": Folder(0o777)}
    files = {"bin/vault": File(program("vault").read_bytes())}
    return image({**files, **folders}, entrypoint=["/bin/vault"], environment=["PATH=/bin", "HOME=/root"])


def _script() -> str:
    """Return the commands of the page as a reader types them, up to the pod."""
    left = [command for command in PAGE if not command.startswith(DONE_HERE)]
    until_pod = left[: left.index("kubectl apply -f docs/examples/hello.yaml") + 1]
    return "\n".join(f"{command}\n{WAIT}" if command.endswith("&") else command for command in until_pod)


def _environment(node: Node, folder: Path) -> dict[str, str]:
    """Return variables for a shell that has kubectl and helm."""
    for name in ("kubectl", "helm"):
        (folder / name).symlink_to(program(name))
    return {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "HOME": str(folder),
        "KUBECONFIG": str(node.cluster.kubeconfig),
    }


def _run(script: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Run the script to its end, in a session of its own, so that its background processes can stay."""
    said = Path(environment["HOME"], "said")
    with said.open("wb") as output:
        shell = subprocess.Popen(
            ["bash", "-ec", script],
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            stdout=output,
            stderr=output,
        )
    assert shell.wait(TIMEOUT_S) == 0, said.read_text()
    return shell


def test_the_page_leads_to_a_pod_with_a_secret(new_node: Node, tmp_path: Path) -> None:
    environment = _environment(new_node, tmp_path)
    with new_node.network():
        shell = _run(_script(), environment)
        try:
            kubectl = new_node.kubectl
            eventually(
                lambda: kubectl.run("logs", "deployment/hello").stdout.splitlines()[-1:] == ["hello"],
                lambda: kubectl.run("describe", "pods").stdout,
                timeout_s=60,
            )
            (doctor,) = (command for command in PAGE if "doctor" in command)
            _run(doctor, environment)
        finally:
            os.killpg(shell.pid, signal.SIGKILL)
