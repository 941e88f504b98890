"""The real kubectl, with a kubeconfig file of its own."""

import json
import os
import subprocess
from pathlib import Path

from tests.servers.build import program
from tests.servers.endpoint import Endpoint


def kubeconfig(path: Path, endpoint: Endpoint) -> Path:
    """Write a kubeconfig file (JSON, which is YAML) for the endpoint and its token, and return the path."""
    cluster = {"server": endpoint.address, "certificate-authority": str(endpoint.ca_file)}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": {"token": endpoint.token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    }
    path.write_text(json.dumps(content, indent=1))
    path.chmod(0o600)
    return path


class KubectlFailed(AssertionError):
    """kubectl ended with an error; the message holds what it wrote to standard error."""


class Kubectl:
    """Calls `kubectl` as the user of the kubeconfig file."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        """Return the standard output of `kubectl ARGUMENTS`; raise KubectlFailed."""
        done = self.run(*arguments, stdin=stdin)
        if done.returncode:
            raise KubectlFailed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run `kubectl ARGUMENTS`, whatever its exit status."""
        process = self.start(*arguments)
        output, complaints = process.communicate(stdin)
        return subprocess.CompletedProcess(process.args, process.returncode, output, complaints)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `kubectl ARGUMENTS` as a process, for commands that take a while."""
        folder = self._kubeconfig.parent
        options = [f"--kubeconfig={self._kubeconfig}", f"--cache-dir={folder / 'kubectl-cache'}"]
        return subprocess.Popen(
            [program("kubectl"), *options, *arguments],
            env={"HOME": str(folder), "PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
