"""Agents as processes of their own, on the real Vault of the tests."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.servers.vault import Vault
from tests.vaultenv import launcher
from vaultenv.agent_document import agent_text
from vaultenv.agent_settings import AgentFile, AgentSettings
from vaultenv.template_sources import TemplateSource

PATIENCE_S = 30.0


def until(holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until something holds."""
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.02)


@dataclass
class Pod:
    """The folders of one pod, and the starts of its agents."""

    vault: Vault
    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def file(
        self, name: str, text: str = "", path: str = "", missing_key: str = "", **more: object
    ) -> AgentFile:
        """Return a file in the folder of secrets, by a template or a path."""
        source = TemplateSource(name, path, text, str(more.pop("default", "")), missing_key=missing_key)
        return AgentFile(source, str(self.secrets / name), **more)  # type: ignore[arg-type]

    def settings(self, *files: AgentFile, **more: object) -> AgentSettings:
        return AgentSettings(files, home=str(self.home), **more)  # type: ignore[arg-type]

    def environ(self, settings: AgentSettings, **more: str) -> dict[str, str]:
        return {
            "VAULT_ADDR": self.vault.address,
            "VAULT_CACERT": str(self.vault.ca_file),
            "VAULT_TOKEN": self.vault.token,
            "VAULT_ENV_AGENT": agent_text(settings),
            "PATH": "/usr/bin:/bin",
            **more,
        }

    def init(self, settings: AgentSettings, **more: str) -> subprocess.CompletedProcess[bytes]:
        """Run the agent that ends after the first set of files."""
        return launcher.launch("--agent-init", **self.environ(settings, **more))

    def stay(self, settings: AgentSettings, **more: str) -> subprocess.Popen[bytes]:
        """Start the agent that stays."""
        self.started.append(launcher.start("--agent", **self.environ(settings, **more)))
        return self.started[-1]

    def status(self, settings: AgentSettings, question: str = "ready") -> tuple[int, str]:
        """Exit status and line of the probe's command."""
        done = launcher.launch("--agent-status", question, **self.environ(settings))
        return done.returncode, done.stdout.decode().strip() or done.stderr.decode()

    def text(self, name: str) -> str:
        """Return the content of a file, "" if it does not exist."""
        file = self.secrets / name
        return file.read_text() if file.exists() else ""


@pytest.fixture
def pod(secrets: Vault, tmp_path: Path) -> Iterator[Pod]:
    """A pod whose agents are ended with the test."""
    made = Pod(secrets, tmp_path)
    yield made
    for process in made.started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        print(process.communicate()[1].decode())  # the log, for a test that has failed
