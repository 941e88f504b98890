"""Parts of a cluster that a bare machine lacks: names, the trusted CA, and a container's file system.

All are in private mount namespaces, so nothing of the machine changes; they need root.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_IN_NAMES = 'mount --bind "$0" /etc/hosts && exec "$@"'

# A root like the machine's, with what the kubelet would mount: the launcher, the ServiceAccount's files, the CA.
_IN_CONTAINER = """
set -eu
root=$1 hosts=$2 ca=$3 account=$4 launcher=$5; shift 5
mount -t tmpfs tmpfs "$root"
for entry in /*; do
    if [ -L "$entry" ]; then cp -P "$entry" "$root/"
    elif [ -d "$entry" ]; then mkdir "$root$entry"; mount --rbind "$entry" "$root$entry"; fi
done
mkdir -p "$root/vault"
cp "$launcher" "$root/vault/vault-env"
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/run/secrets/kubernetes.io/serviceaccount"
mount --bind "$account" "$root/run/secrets/kubernetes.io/serviceaccount"
mount --bind "$hosts" "$root/etc/hosts"
mount -t tmpfs tmpfs "$root/etc/ssl/certs"
cp "$ca" "$root/etc/ssl/certs/ca-certificates.crt"
exec chroot "$root" "$@"
"""


@dataclass(frozen=True)
class Surroundings:
    """The addresses of the names in the manifests, and the trusted CA."""

    folder: Path
    ca_file: Path
    names: Mapping[str, str] = field(default_factory=dict)

    def hosts_file(self) -> Path:
        """Return the content of /etc/hosts."""
        path = self.folder / "hosts"
        path.write_text(
            "127.0.0.1 localhost\n" + "".join(f"{ip} {name}\n" for name, ip in self.names.items())
        )
        return path

    def command(self, words: Sequence[str]) -> list[str]:
        """Return a command that runs `words` with the names resolvable."""
        return ["unshare", "--mount", "sh", "-c", _IN_NAMES, str(self.hosts_file()), *words]

    def start_container(
        self, container: Mapping[str, Any], token: str, launcher: Path
    ) -> "subprocess.Popen[str]":
        """Start the container's command as the kubelet does, with only the pod's environment."""
        account = self.folder / "account"
        account.mkdir(exist_ok=True)
        (account / "token").write_text(token)
        root = self.folder / "root"
        root.mkdir(exist_ok=True)
        environ = {entry["name"]: _expanded(entry.get("value", "")) for entry in container.get("env", ())}
        words = [_expanded(word) for word in [*container["command"], *container.get("args", ())]]
        places = [root, self.hosts_file(), self.ca_file, account, launcher]
        return subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _IN_CONTAINER, "container", *map(str, places), *words],
            env={"PATH": os.environ["PATH"], **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run_container(
        self, container: Mapping[str, Any], token: str, launcher: Path
    ) -> "subprocess.CompletedProcess[str]":
        """Run the container's command to its end."""
        process = self.start_container(container, token, launcher)
        stdout, stderr = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def stop_container(process: "subprocess.Popen[str]") -> str:
    """End the container's processes, and return their standard error."""
    os.killpg(process.pid, signal.SIGTERM)
    return process.communicate(timeout=10)[1]


def stock_launcher(folder: Path) -> Path:
    """The launcher under this Python, as one file that can be copied."""
    path = folder / "vault-env"
    path.write_text(
        f"#!{sys.executable} -I\nimport sys\nfrom vaultenv.__main__ import main\nsys.exit(main())\n"
    )
    path.chmod(0o555)
    return path


def _expanded(text: str) -> str:
    """Return the text as the kubelet expands it when it names no variable."""
    return text.replace("$$", "$")
