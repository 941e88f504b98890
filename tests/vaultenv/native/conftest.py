"""An image FROM scratch that holds the launcher and the probe."""

import os
import shutil
from pathlib import Path

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.native.compiled import compile_program
from tests.vaultenv.native.container import Container


@pytest.fixture(scope="session")
def helpers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The compiled C programs by name."""
    folder = tmp_path_factory.mktemp("helpers")
    return {name: compile_program(f"{name}.c", folder) for name in ("confine", "probe")}


@pytest.fixture
def container(tmp_path: Path, static_file: Path, helpers: dict[str, Path], vault: Vault) -> Container:
    """Return an image with only the launcher, the probe and Vault's CA; it needs root."""
    if os.geteuid():
        pytest.skip("only root can enter a container")
    root = tmp_path / "root"
    for folder in ("vault", "app", "tls"):
        (root / folder).mkdir(parents=True)
    tmp_path.chmod(0o755)
    shutil.copy(static_file, root / "vault/vault-env")
    shutil.copy(helpers["probe"], root / "app/probe")
    shutil.copy(vault.ca_file, root / "tls/ca.pem")
    return Container(root, helpers["confine"])


@pytest.fixture
def pod(secrets: Vault) -> dict[str, str]:
    """The variables of a pod with one reference."""
    return {
        "VAULT_ADDR": secrets.address,
        "VAULT_CACERT": "/tls/ca.pem",
        "VAULT_TOKEN": secrets.token,
        "PASSWORD": "vault:secret/data/account#password",
    }
