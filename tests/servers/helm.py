"""The real Helm, with a kubeconfig file of its own and none of the user's settings."""

import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.servers.build import program


class HelmFailed(AssertionError):
    """Helm ended with an error; the message holds what it wrote to standard error."""


class Helm:
    """Calls `helm` as the user of the kubeconfig file; without one it only renders and checks."""

    def __init__(self, folder: Path, kubeconfig: Path | None = None) -> None:
        self._folder = folder
        self._kubeconfig = kubeconfig or folder / "none"

    def __call__(self, *arguments: str) -> str:
        """Return the standard output of `helm ARGUMENTS`; raise HelmFailed."""
        done = self.run(*arguments)
        if done.returncode:
            raise HelmFailed(f"helm {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `helm ARGUMENTS`, whatever its exit status."""
        homes = {
            name: str(self._folder)
            for name in ("HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")
        }
        return subprocess.run(
            [program("helm"), *arguments],
            env={"PATH": os.environ["PATH"], "KUBECONFIG": str(self._kubeconfig), **homes},
            capture_output=True,
            text=True,
            check=False,
        )

    def documents(self, *arguments: str) -> list[dict[str, Any]]:
        """Return the objects that `helm template ARGUMENTS` renders."""
        return [each for each in yaml.safe_load_all(self("template", *arguments)) if each]
