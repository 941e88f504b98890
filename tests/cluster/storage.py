"""The storage drivers for image layers that work in a folder."""

import subprocess
from pathlib import Path


def stacks_overlays(folder: Path) -> bool:
    """Return whether overlayfs works on the folder's file system; it does not on another overlay, as in a container."""
    command = ["stat", "--file-system", "--format=%T", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() != "overlayfs"
