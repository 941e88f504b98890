"""`python -m bench.launcher.agent [--rounds N] [--at-rest SECONDS] [--file FILE]`: our agent and HashiCorp's, compared.

Both log in with the same AppRole on the same Vault over TLS, and write the same files into memory. One table has the
time from the start of the process to its end with all files written, the other the memory and the processor time of an
agent that runs on.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.launcher.memory import memory
from tests.servers.authority import Authority
from tests.servers.build import program
from tests.servers.vault import Vault
from vaultenv.agent_document import agent_text
from vaultenv.agent_settings import AgentFile, AgentSettings
from vaultenv.native.build.architecture import native
from vaultenv.native.build.build import build
from vaultenv.template_sources import TemplateSource

Command = tuple[list[str | Path], dict[str, str]]

COUNTS = (1, 50)
PATIENCE_S = 30
TEMPLATE = (
    '{{ with secret "secret/data/s%d" }}{{ range $k, $v := .Data.data }}{{ $k }}={{ $v }}\n{{ end }}{{ end }}'
)


class Scene:
    """A Vault with secrets and a login, and a folder in memory."""

    def __init__(self, folder: Path, memory_folder: Path, launcher: Path, vault: Vault) -> None:
        self.folder = folder
        self.target = memory_folder
        self.launcher = launcher
        self.vault = vault
        self._log_in()
        for number in range(max(COUNTS)):
            vault.put_secret(f"secret/data/s{number}", user="user", password="password")

    def _log_in(self) -> None:
        vault = self.vault
        vault.policy("all", 'path "secret/*" { capabilities = ["read"] }')
        vault.write("sys/auth/approle", {"type": "approle"})
        vault.write("auth/approle/role/app", {"token_policies": "all", "token_ttl": "1h"})
        self.role_id = str(vault.read("auth/approle/role/app/role-id")["role_id"])
        self.secret_id = str(vault.write("auth/approle/role/app/secret-id", {})["data"]["secret_id"])
        (self.folder / "role").write_text(self.role_id)
        (self.folder / "secret").write_text(self.secret_id)

    def ours(self, count: int, stays: bool) -> Command:
        """Return the command of our agent."""
        files = [
            AgentFile(
                TemplateSource(f"f{number}", template=TEMPLATE % number), str(self.target / f"f{number}")
            )
            for number in range(count)
        ]
        return [self.launcher, "--agent" if stays else "--agent-init"], {
            "VAULT_ADDR": self.vault.address,
            "VAULT_CACERT": str(self.vault.ca_file),
            "VAULT_AUTH_METHOD": "approle",
            "VAULT_APPROLE_ROLE_ID": self.role_id,
            "VAULT_APPROLE_SECRET_ID": self.secret_id,
            "VAULT_ENV_AGENT": agent_text(AgentSettings(tuple(files), home=str(self.target / "home"))),
        }

    def theirs(self, count: int, stays: bool) -> Command:
        """Return the command of HashiCorp's agent."""
        files = {
            "role_id_file_path": str(self.folder / "role"),
            "secret_id_file_path": str(self.folder / "secret"),
        }
        config = {
            "exit_after_auth": not stays,
            "vault": {"address": self.vault.address, "ca_cert": str(self.vault.ca_file)},
            "auto_auth": {
                "method": [
                    {"type": "approle", "config": {**files, "remove_secret_id_file_after_reading": False}}
                ],
                "sinks": [{"sink": {"type": "file", "config": {"path": str(self.target / "sink")}}}],
            },
            "template": [
                {"destination": str(self.target / f"f{number}"), "contents": TEMPLATE % number}
                for number in range(count)
            ],
        }
        (self.folder / "agent.json").write_text(json.dumps(config))
        return [program("complete-vault"), "agent", f"-config={self.folder / 'agent.json'}"], {
            "HOME": str(self.folder)
        }

    def clean(self) -> None:
        """Empty the folder of the files."""
        shutil.rmtree(self.target, ignore_errors=True)
        self.target.mkdir()

    def is_written(self, count: int) -> bool:
        """Return whether all files exist."""
        return len(list(self.target.glob("f*"))) == count


def once(scene: Scene, command: Command, count: int) -> tuple[float, float]:
    """Return wall clock and processor time of one run that writes the files once, in milliseconds."""
    scene.clean()
    before, began = _children_s(), time.perf_counter()
    subprocess.run(command[0], env=command[1], capture_output=True, check=True)
    wall_s, processor_s = time.perf_counter() - began, _children_s() - before
    if not scene.is_written(count):
        raise SystemExit(f"{command[0][0]} has not written {count} files")
    return wall_s * 1e3, processor_s * 1e3


def resting(scene: Scene, command: Command, count: int, seconds: float) -> tuple[float, float, float]:
    """Return the figures of an agent that runs on: private and resident memory in MiB, processor ms a minute."""
    scene.clean()
    with subprocess.Popen(
        command[0], env=command[1], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            until = time.monotonic() + PATIENCE_S
            while not scene.is_written(count) and time.monotonic() < until:
                time.sleep(0.05)
            time.sleep(2)
            before = _processor_ms(process.pid)
            time.sleep(seconds)
            spent = (_processor_ms(process.pid) - before) * 60 / seconds
            resident = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) / 256
            return memory(process.pid).private_mib, resident, spent
        finally:
            process.terminate()


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _processor_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 10.0


@contextmanager
def scene(launcher: Path) -> Iterator[Scene]:
    """Yield the Vault and the folders that the agents need."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory(dir="/dev/shm") as in_memory:
        folder = Path(name)
        vault = Vault(folder / "vault", Authority(folder / "authority"))
        vault.start()
        try:
            yield Scene(folder, Path(in_memory) / "target", launcher, vault)
        finally:
            vault.stop()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--at-rest", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--file", type=Path, help="a launcher that is built already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as built:
        launcher = options.file or Path(built) / "vault-env"
        if options.file is None:
            build(native(), launcher)
        with scene(launcher) as made:
            _print_starts(made, options.rounds)
            _print_rest(made, options.at_rest)


def _print_starts(made: Scene, rounds: int) -> None:
    print("| files | ours ms (processor) | HashiCorp's | ratio (processor) |\n|---|---|---|---|")
    sides: tuple[Callable[[int, bool], Command], ...] = (made.ours, made.theirs)
    for count in COUNTS:
        samples = [[once(made, side(count, False), count) for side in sides] for _ in range(rounds)]
        ours, theirs = (
            [statistics.median(column) for column in zip(*side, strict=True)]
            for side in zip(*samples, strict=True)
        )
        ratios = f"{ours[0] / theirs[0]:.2f} ({ours[1] / theirs[1]:.2f})"
        print(f"| {count} | {ours[0]:.0f} ({ours[1]:.0f}) | {theirs[0]:.0f} ({theirs[1]:.0f}) | {ratios} |")


def _print_rest(made: Scene, seconds: float) -> None:
    print("\n| at rest, 1 file | private MiB | resident MiB | processor ms a minute |\n|---|---|---|---|")
    for name, side in (("ours", made.ours), ("HashiCorp's", made.theirs)):
        private, resident, spent = resting(made, side(1, True), 1, seconds)
        print(f"| {name} | {private:.1f} | {resident:.1f} | {spent:.0f} |")


if __name__ == "__main__":
    main()
