"""The application's environment and image do not affect the launcher, and reach the program unchanged."""

import os
import resource
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.client.stand_in import answer, stand_in
from tests.vaultenv.native.container import USER, Container

LAUNCHER, PROBE = "/vault/vault-env", "/app/probe"
MIB = 1024
BAD_CONFIGURATION = (
    "openssl_conf = x\n[x]\nssl_conf = y\n[y]\nsystem_default = z\n[z]\nMinProtocol = nonsense\n"
)
FOREIGN: dict[str, str | bytes] = {
    "PATH": "/app:/bin",
    "LD_PRELOAD": "/lib/libc.so.6",
    "LD_LIBRARY_PATH": "/lib:/app",
    "LD_AUDIT": "/lib/audit.so",
    "GLIBC_TUNABLES": "glibc.malloc.check=3",
    "MALLOC_PERTURB_": "7",
    "MIMALLOC_VERBOSE": "1",
    "OPENSSL_CONF": "/etc/ssl/openssl.cnf",
    "OPENSSL_MODULES": "/app",
    "OPENSSL_ia32cap": ":~0x200000200000000",
    "SSLKEYLOGFILE": "/app/keys",
    "SSL_CERT_FILE": "/none",
    "REQUESTS_CA_BUNDLE": "/none",
    "PYTHONHOME": "/x",
    "PYTHONPATH": "/y",
    "PYTHONMALLOC": "debug",
    "PYTHONDEVMODE": "1",
    "PYTHONHASHSEED": "banana",
    "PYTHONIOENCODING": "bogus",
    "PYTHONUTF8": "nonsense",
    "PYTHONINSPECT": "1",
    "PYTHONVERBOSE": "3",
    "LC_ALL": "xx_YY",
    "LC_CTYPE": "C",
    "LANG": "de_DE.ISO-8859-1",
    "TZ": ":/nowhere",
    "RES_OPTIONS": "nonsense",
    "EMPTY": "",
    "with.dot-and dash": "a=b=c",
    "BYTES": b"\xff\xfe\n\x01",
}


def entries(environ: dict[str, str | bytes]) -> list[bytes]:
    return [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in environ.items()]


@pytest.mark.parametrize("word", [PROBE, "probe"])
def test_foreign_variables_reach_the_program_byte_for_byte(
    container: Container, pod: dict[str, str], word: str
) -> None:
    (container.root / "etc/ssl").mkdir(parents=True)
    (container.root / "etc/ssl/openssl.cnf").write_text(BAD_CONFIGURATION)
    done = container.run_with({**FOREIGN, **pod}, LAUNCHER, word)
    assert done.seen["environ"] == [*entries(FOREIGN), b"PASSWORD=secret"]
    assert done.errors.count(b"\n") <= 1, done.errors


def test_foreign_variables_reach_the_program_without_references_too(container: Container) -> None:
    own = {"VAULT_ADDR": "https://127.0.0.1:1", "VAULT_ROLE": "default"}
    assert container.run_with({**FOREIGN, **own}, LAUNCHER, PROBE).seen["environ"] == entries(FOREIGN)


def test_an_openssl_configuration_of_the_image_is_not_read(container: Container, pod: dict[str, str]) -> None:
    for folder in ("vault/ssl", "etc/ssl", "usr/local/ssl"):
        (container.root / folder).mkdir(parents=True, exist_ok=True)
        (container.root / folder / "openssl.cnf").write_text(BAD_CONFIGURATION)
    assert b"PASSWORD=secret" in container.run_with(pod, LAUNCHER, PROBE).seen["environ"]


@pytest.mark.parametrize("user", [0, USER, 2**31])
def test_any_user_may_start_it_on_a_read_only_root_without_proc_and_tmp(
    container: Container, pod: dict[str, str], user: int
) -> None:
    done = container.run_with(pod, LAUNCHER, PROBE, user=user)
    assert done.seen["environ"] == [b"PASSWORD=secret"]
    assert done.seen["user"] == user
    assert done.seen["no_new_privs"] == 1
    assert sorted(os.listdir(container.root)) == ["app", "tls", "vault"]


def test_a_start_stays_far_below_a_limit_of_32_mib(container: Container, pod: dict[str, str]) -> None:
    done = container.run_with(pod, LAUNCHER, PROBE)
    assert done.seen["environ"] == [b"PASSWORD=secret"]
    assert 2 * MIB < done.peak_kib < 12 * MIB


def test_a_start_needs_less_than_32_mib_of_addresses(
    static_file: Path, pod: dict[str, str], vault: Vault
) -> None:
    """This is stricter than a container's limit, which counts only touched memory."""
    limit = 32 * MIB * 1024
    done = subprocess.run(
        [static_file, "/bin/sh", "-c", "echo $PASSWORD"],
        env=pod | {"VAULT_CACERT": str(vault.ca_file)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"secret\n"), done.stderr


def test_a_start_needs_one_descriptor(static_file: Path, pod: dict[str, str], vault: Vault) -> None:
    done = subprocess.run(
        [static_file, "/bin/sh", "-c", "echo $PASSWORD"],
        env=pod | {"VAULT_CACERT": str(vault.ca_file)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4)),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"secret\n"), done.stderr


def test_no_connection_takes_the_place_of_a_closed_stream(static_file: Path) -> None:
    """Otherwise log lines about the login would be sent to Vault."""

    def behave(stream: socket.socket, head: bytes) -> None:
        stream.sendall(answer("200 OK", b'{"auth":{"client_token":"t"},"data":{"k":"secret"}}'))

    with stand_in(behave) as server:
        login = {"VAULT_AUTH_METHOD": "userpass", "VAULT_USERNAME": "u", "VAULT_PASSWORD": "p"}
        done = subprocess.run(
            [static_file, "/bin/sh", "-c", "echo $A; command >&2"],
            env={"VAULT_ADDR": server.address, "A": "vault:a/data/b#k", **login},
            preexec_fn=lambda: os.close(2),
            stdout=subprocess.PIPE,
            check=False,
        )
    assert done.stdout == b"secret\n"
    assert [head.split()[0] for head in server.heads] == [b"PUT", b"GET"]
    assert done.returncode != 0, "the program found the stream open"


def test_an_environment_near_the_kernels_limits_is_resolved(
    static_file: Path, pod: dict[str, str], vault: Vault
) -> None:
    large = {f"LARGE_{number}": "x" * 131_000 for number in range(14)}
    done = subprocess.run(
        [static_file, "/bin/sh", "-c", "echo $PASSWORD ${#LARGE_13}"],
        env={**large, **pod, "VAULT_CACERT": str(vault.ca_file)},
        capture_output=True,
        check=False,
    )
    assert done.stdout == b"secret 131000\n", done.stderr


@pytest.mark.parametrize("name", ["", "-sh", "another"])
def test_any_name_of_the_executable_starts_the_launcher(
    static_file: Path, pod: dict[str, str], vault: Vault, tmp_path: Path, name: str
) -> None:
    (tmp_path / "link").symlink_to(static_file)
    done = subprocess.run(
        [name, "/bin/sh", "-c", "echo $PASSWORD"],
        executable=tmp_path / "link",
        env=pod | {"VAULT_CACERT": str(vault.ca_file)},
        capture_output=True,
        check=False,
    )
    assert done.stdout == b"secret\n", done.stderr


@pytest.mark.parametrize("reference", [True, False])
def test_words_are_passed_as_bytes(container: Container, pod: dict[str, str], reference: bool) -> None:
    environ = pod if reference else {}
    done = container.run_with({"PATH": "/app", **environ}, LAUNCHER, "probe", b"\xff\xfe", "", "--help")
    assert done.seen["argv"] == [b"probe", b"\xff\xfe", b"", b"--help"]


@pytest.fixture
def unusual_process() -> Iterator[Callable[[], None]]:
    """Give this process an ignored and a blocked signal and an unusual umask for the test."""
    before = signal.getsignal(signal.SIGUSR1), os.umask(0)

    def change() -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
        os.umask(0o027)

    yield change
    signal.signal(signal.SIGUSR1, before[0])
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR2})
    os.umask(before[1])


@pytest.mark.parametrize("reference", [True, False])
def test_nothing_of_the_launcher_stays_with_the_program(
    container: Container, pod: dict[str, str], unusual_process: Callable[[], None], reference: bool
) -> None:
    unusual_process()
    environ = pod if reference else {}
    stock = container.run_with({}, PROBE).seen
    launched = container.run_with(environ, LAUNCHER, PROBE).seen
    for fact in ("ignored", "blocked", "descriptors", "umask"):
        assert launched[fact] == stock[fact], fact
    assert signal.SIGUSR1 in launched["ignored"]
    assert signal.SIGUSR2 in launched["blocked"]
    assert launched["umask"] == 0o027
