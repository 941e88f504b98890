"""The memory of the executable while its program runs."""

from pathlib import Path

import pytest

from bench.launcher.memory import daemon_memory
from tests.servers.vault import Vault

pytestmark = pytest.mark.launcher


def test_a_launcher_that_stays_is_small(static_file: Path, secrets: Vault) -> None:
    """The figures, 3.7 and 6.3 MiB, are in bench/README.md."""
    memory = daemon_memory(
        static_file,
        {
            "VAULT_ADDR": secrets.address,
            "VAULT_CACERT": str(secrets.ca_file),
            "VAULT_TOKEN": secrets.token,
            "VAULT_ENV_DAEMON_INTERVAL": "200ms",
            "A": "vault:secret/data/account#password",
        },
    )
    assert memory.written_mib < 6
    assert memory.private_mib < 9
