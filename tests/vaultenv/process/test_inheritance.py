"""Descriptors, signals and limits of the program after the launcher has spoken TLS with a real Vault."""

import subprocess
from pathlib import Path

import pytest

from tests.servers.vault import Vault
from tests.vaultenv import launcher
from tests.vaultenv.launcher import ordered
from tests.vaultenv.process.test_daemon import OF_GLIBC

SIGNALS = ("SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt")

pytestmark = pytest.mark.usefixtures("each_launcher")


@pytest.fixture(params=["exec", "daemon"])
def pod(request: pytest.FixtureRequest, secrets: Vault, tmp_path: Path) -> dict[str, str]:
    """An environment with which the launcher opens files, connections and a syslog socket."""
    token = tmp_path / "token"
    token.write_text(secrets.token)
    return {
        "VAULT_ADDR": secrets.address,
        "VAULT_CACERT": str(secrets.ca_file),
        "VAULT_TOKEN_FILE": str(token),
        "VAULT_ENV_LOG_SERVER": "127.0.0.1:9",
        "VAULT_ENV_DAEMON": str(request.param == "daemon").lower(),
        "VAULT_ENV_FROM_PATH": "secret/data/account",
        "A": "vault:secret/data/account#password",
        "B": "vault:sys/policies/acl/default#name",
    }


def output(environ: dict[str, str], *words: str, descriptors: tuple[int, ...] = ()) -> str:
    """Return the output of the words, started with further descriptors."""
    done = subprocess.run(
        words, env=ordered(environ), pass_fds=descriptors, capture_output=True, timeout=60, check=True
    )
    return done.stdout.decode()


def test_no_descriptor_of_the_launcher_is_open_and_given_ones_stay(
    pod: dict[str, str], tmp_path: Path
) -> None:
    words = ("/bin/ls", "/proc/self/fd")
    with (tmp_path / "given").open("w") as opened:
        stock = output({}, *words, descriptors=(opened.fileno(),))
        launched = output(pod, *launcher.COMMAND, *words, descriptors=(opened.fileno(),))
        assert str(opened.fileno()) in stock.split()
    assert launched == stock


def test_signals_are_as_a_shell_leaves_them(pod: dict[str, str]) -> None:
    rows = output(pod, *launcher.COMMAND, "/bin/cat", "/proc/self/status").splitlines()
    fields = dict(row.split(":\t", 1) for row in rows)
    assert [int(fields[name], 16) & ~OF_GLIBC for name in SIGNALS] == [0] * 5


def test_limits_directory_and_umask_are_those_given(pod: dict[str, str]) -> None:
    words = ("/bin/sh", "-c", "umask; pwd; ulimit -n; ulimit -c; ulimit -s; cat /proc/self/oom_score_adj")
    assert output(pod, *launcher.COMMAND, *words) == output({}, *words)
