"""The ways to stack image layers that work in a folder."""

import subprocess
from pathlib import Path


def stacks_overlays(folder: Path) -> bool:
    """Return whether overlayfs can lie on the folder's file system: not where that is an overlay itself, as in a container."""
    command = ["stat", "--file-system", "--format=%T", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() != "overlayfs"
