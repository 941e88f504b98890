"""Daemon mode as a process: signals, exit status, leases and changed secrets, on a real Vault."""

import signal
import time
from pathlib import Path

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.launcher import Begin, launch, line
from vaultenv.template_sources import TemplateSource, sources_text

pytestmark = pytest.mark.usefixtures("each_launcher")

SCRIPT = """
trap 'echo ended; exit 7' TERM
trap 'echo again' HUP
echo started $A
while :; do sleep 0.05; done
"""
SLEEP = ("/bin/sh", "-c", SCRIPT)
# glibc's posix_spawn leaves its own two signals ignored; they mean nothing to a program.
OF_GLIBC = 0x1_8000_0000


def at(vault: Vault, token: str, **more: str) -> dict[str, str]:
    return {"VAULT_ADDR": vault.address, "VAULT_CACERT": str(vault.ca_file), "VAULT_TOKEN": token, **more}


@pytest.mark.parametrize(
    ("script", "status"), [("exit 3", 3), ("kill -KILL $$", 137), ("kill -TERM $$", 143)]
)
def test_the_exit_status_is_the_programs(script: str, status: int) -> None:
    assert launch("/bin/sh", "-c", script, VAULT_ENV_DAEMON="true").returncode == status


def test_own_settings_are_removed_in_daemon_mode_too() -> None:
    done = launch("/usr/bin/env", "-0", VAULT_ENV_DAEMON="true", VAULT_ROLE="r", KEPT="k")
    assert set(done.stdout.split(b"\0")) - {b"LC_CTYPE=C.UTF-8"} == {b"KEPT=k", b""}


def test_signals_reach_the_program(daemon: Begin) -> None:
    process = daemon(*SLEEP, A="plain")
    assert line(process) == "started plain"
    process.send_signal(signal.SIGHUP)
    assert line(process) == "again"
    process.send_signal(signal.SIGTERM)
    assert (line(process), process.wait(10)) == ("ended", 7)


def test_the_program_has_the_signals_of_a_shell() -> None:
    done = launch("/bin/cat", "/proc/self/status", VAULT_ENV_DAEMON="true")
    fields = dict(row.split(":\t") for row in done.stdout.decode().splitlines())
    masks = [int(fields[name], 16) & ~OF_GLIBC for name in ("SigIgn", "SigBlk", "SigCgt")]
    assert masks == [0, 0, 0]


def test_a_changed_secret_restarts_the_program(secrets: Vault, daemon: Begin) -> None:
    secrets.put_secret("secret/data/changing", k="one")
    process = daemon(
        *SLEEP,
        **at(secrets, secrets.token),
        VAULT_ENV_DAEMON_INTERVAL="200ms",
        A="vault:secret/data/changing#k",
    )
    assert line(process) == "started one"
    secrets.put_secret("secret/data/changing", k="two")
    assert [line(process), line(process)] == ["ended", "started two"]


ONE = '{{ with secret "secret/changing" }}A={{ .Data.data.k }}{{ end }}'
NAMES = '{{ range secrets "secret/listed" }}A={{ . }}\n{{ end }}'


@pytest.mark.parametrize(
    ("source", "path", "values"),
    [
        (TemplateSource("a", "secret/data/changing"), "secret/data/changing", ("one", "two")),
        (TemplateSource("a", template=ONE), "secret/data/changing", ("one", "two")),
        (TemplateSource("a", template=NAMES), "secret/data/listed", ("a", "b")),
    ],
    ids=["path", "template", "names"],
)
def test_templates_are_rendered_again_and_a_change_restarts_the_program(
    secrets: Vault, daemon: Begin, source: TemplateSource, path: str, values: tuple[str, str]
) -> None:
    first, second = values
    left = f"{path.replace('/data/', '/metadata/')}/{second}"  # of the launcher that was tested before
    secrets.request("DELETE", left)

    def put(value: str) -> None:
        secrets.put_secret(f"{path}/{value}" if path.endswith("listed") else path, A=value, k=value)

    put(first)
    process = daemon(
        *SLEEP,
        **at(secrets, secrets.token),
        VAULT_ENV_DAEMON_INTERVAL="200ms",
        VAULT_ENV_TEMPLATES=sources_text([source]),
    )
    assert line(process) == f"started {first}"
    put(second)
    assert [line(process), line(process)] == ["ended", f"started {second}"]


def test_a_write_of_a_template_is_done_once(secrets: Vault, daemon: Begin) -> None:
    secrets.put_secret("secret/data/changing", k="one")
    text = (
        '{{ with secret "transit/encrypt/mykey" "plaintext=c2VjcmV0" }}A={{ .Data.ciphertext }}{{ end }}\n'
        + ONE.replace("A=", "B=")
    )
    script = SCRIPT.replace("$A", "$A $B")
    process = daemon(
        *("/bin/sh", "-c", script),
        **at(secrets, secrets.token),
        VAULT_ENV_DAEMON_INTERVAL="200ms",
        VAULT_ENV_TEMPLATES=sources_text([TemplateSource("a", template=text)]),
    )
    _, ciphertext, other = line(process).split()
    secrets.put_secret("secret/data/changing", k="two")
    assert (other, [line(process), line(process)]) == ("one", ["ended", f"started {ciphertext} two"])


def test_only_kv_is_read_again_for_changes(secrets: Vault, daemon: Begin) -> None:
    """The answer to a write is new each time, and would restart the program each time."""
    secrets.write("kv1/changing", {"k": "one"})
    process = daemon(
        *SLEEP,
        **at(secrets, secrets.token),
        VAULT_ENV_DAEMON_INTERVAL="200ms",
        A="${vault:kv1/changing#k}",
        WRITTEN=">>vault:sys/tools/random#random_bytes",
    )
    assert line(process) == "started one"
    time.sleep(1)
    secrets.write("kv1/changing", {"k": "two"})
    assert [line(process), line(process)] == ["ended", "started two"]


def test_a_changed_secret_can_send_a_signal(secrets: Vault, daemon: Begin) -> None:
    secrets.put_secret("secret/data/signalling", k="one")
    chosen = {"VAULT_ENV_DAEMON_INTERVAL": "200ms", "VAULT_ENV_DAEMON_ACTION": "SIGHUP"}
    process = daemon(*SLEEP, **at(secrets, secrets.token), **chosen, A="vault:secret/data/signalling#k")
    assert line(process) == "started one"
    secrets.put_secret("secret/data/signalling", k="two")
    assert line(process) == "again"
    assert process.poll() is None


def test_a_changed_secret_can_end_the_program(secrets: Vault, daemon: Begin) -> None:
    secrets.put_secret("secret/data/ending", k="one")
    chosen = {"VAULT_ENV_DAEMON_INTERVAL": "200ms", "VAULT_ENV_DAEMON_ACTION": "exit"}
    process = daemon(*SLEEP, **at(secrets, secrets.token), **chosen, A="vault:secret/data/ending#k")
    assert line(process) == "started one"
    secrets.put_secret("secret/data/ending", k="two")
    assert (line(process), process.wait(10)) == ("ended", 7)


@pytest.mark.timed
def test_a_token_is_renewed_and_at_its_end_replaced(secrets: Vault, daemon: Begin) -> None:
    if "approle/" not in secrets.read("sys/auth"):
        secrets.write("sys/auth/approle", {"type": "approle"})
    secrets.policy("short", 'path "secret/data/*" { capabilities = ["read"] }')
    role = {"token_policies": "default,short", "token_ttl": "2s", "token_max_ttl": "4s"}
    secrets.write("auth/approle/role/short", dict(role))
    role_id = secrets.read("auth/approle/role/short/role-id")["role_id"]
    secret_id = secrets.write("auth/approle/role/short/secret-id", {})["data"]["secret_id"]
    secrets.put_secret("secret/data/long", k="one")
    login = {
        "VAULT_AUTH_METHOD": "approle",
        "VAULT_APPROLE_ROLE_ID": role_id,
        "VAULT_APPROLE_SECRET_ID": secret_id,
    }
    process = daemon(
        *SLEEP,
        **at(secrets, "", **login),
        VAULT_ENV_DAEMON_INTERVAL="500ms",
        A="vault:secret/data/long#k",
    )
    assert line(process) == "started one"
    time.sleep(6)
    assert process.poll() is None
    secrets.put_secret("secret/data/long", k="two")
    assert [line(process), line(process)] == ["ended", "started two"]


class TokenFile:
    """A file with a token for the launcher, replaced as by a Vault agent."""

    def __init__(self, vault: Vault, folder: Path) -> None:
        vault.policy("rotating", 'path "*" { capabilities = ["read", "update"] }')
        self._vault, self._new, self.path = vault, folder / "new", folder / "token"
        self.token = self.rotate()

    def rotate(self) -> str:
        self.token = self._vault.write("auth/token/create", {"policies": "rotating"})["auth"]["client_token"]
        self._new.write_text(self.token + "\n")
        self._new.rename(self.path)
        return str(self.token)


def test_a_token_file_is_read_again_when_its_token_was_replaced(
    secrets: Vault, daemon: Begin, tmp_path: Path
) -> None:
    secrets.put_secret("secret/data/rotating", k="one")
    file = TokenFile(secrets, tmp_path)
    process = daemon(
        *SLEEP,
        **at(secrets, "", VAULT_TOKEN_FILE=str(file.path), VAULT_ENV_DAEMON_INTERVAL="500ms"),
        A="vault:secret/data/rotating#k",
    )
    assert line(process) == "started one"
    secrets.write("auth/token/revoke", {"token": file.token})
    secrets.put_secret("secret/data/rotating", k="two")
    file.rotate()
    assert [line(process), line(process)] == ["ended", "started two"]


def test_a_secret_leased_with_the_replaced_token_is_read_again(
    secrets: Vault, daemon: Begin, tmp_path: Path
) -> None:
    secrets.write("pki/roles/lasting", {"allow_any_name": True, "generate_lease": True, "ttl": "1h"})
    file = TokenFile(secrets, tmp_path)
    reference = '>>vault:pki/issue/lasting#serial_number#{"common_name":"app.example"}'
    process = daemon(*SLEEP, **at(secrets, "", VAULT_TOKEN_FILE=str(file.path)), A=reference)
    first = line(process)
    file.rotate()
    assert line(process) == "ended"
    second = line(process)
    assert second.startswith("started ")
    assert second != first


def test_a_program_with_the_token_of_the_login_gets_the_new_one(
    secrets: Vault, daemon: Begin, tmp_path: Path
) -> None:
    file = TokenFile(secrets, tmp_path)
    script = SCRIPT.replace("$A", "$VAULT_TOKEN")
    process = daemon("/bin/sh", "-c", script, **at(secrets, "vault:login", VAULT_TOKEN_FILE=str(file.path)))
    assert line(process) == f"started {file.token}"
    file.rotate()
    assert [line(process), line(process)] == ["ended", f"started {file.token}"]


def test_a_secret_whose_lease_ends_is_replaced(secrets: Vault, daemon: Begin) -> None:
    secrets.write(
        "pki/roles/leased", {"allow_any_name": True, "generate_lease": True, "ttl": "3s", "max_ttl": "3s"}
    )
    reference = '>>vault:pki/issue/leased#serial_number#{"common_name":"app.example"}'
    process = daemon(*SLEEP, **at(secrets, secrets.token), A=reference)
    first = line(process)
    assert first.startswith("started ")
    assert line(process) == "ended"
    second = line(process)
    assert second.startswith("started ")
    assert second != first


def test_an_outage_leaves_the_program_running(own_vault: Vault, daemon: Begin) -> None:
    own_vault.put_secret("secret/data/a", k="one")
    chosen = {"VAULT_ENV_DAEMON_INTERVAL": "200ms", "VAULT_CLIENT_TIMEOUT": "1s"}
    process = daemon(*SLEEP, **at(own_vault, own_vault.token), **chosen, A="vault:secret/data/a#k")
    assert line(process) == "started one"
    own_vault.seal()
    time.sleep(1)
    assert process.poll() is None
    own_vault.unseal()
    own_vault.put_secret("secret/data/a", k="two")
    assert [line(process), line(process)] == ["ended", "started two"]


def test_a_program_that_ignores_sigterm_is_killed_after_the_grace(secrets: Vault, daemon: Begin) -> None:
    secrets.put_secret("secret/data/stubborn", k="one")
    chosen = {"VAULT_ENV_DAEMON_INTERVAL": "200ms", "VAULT_ENV_DAEMON_GRACE": "500ms"}
    stubborn = ("/bin/sh", "-c", 'trap "" TERM; echo started $A; while :; do sleep 0.05; done')
    process = daemon(*stubborn, **at(secrets, secrets.token), **chosen, A="vault:secret/data/stubborn#k")
    assert line(process) == "started one"
    secrets.put_secret("secret/data/stubborn", k="two")
    assert line(process) == "started two"


def test_sigterm_during_a_restart_ends_the_program(secrets: Vault, daemon: Begin) -> None:
    """The kubelet sends SIGTERM only once: a new program would be killed without it."""
    secrets.put_secret("secret/data/draining", k="one")
    draining = (
        "/bin/sh",
        "-c",
        'trap "echo draining; sleep 0.5; exit 7" TERM; echo started $A; while :; do sleep 0.05; done',
    )
    process = daemon(
        *draining,
        **at(secrets, secrets.token),
        VAULT_ENV_DAEMON_INTERVAL="200ms",
        A="vault:secret/data/draining#k",
    )
    assert line(process) == "started one"
    secrets.put_secret("secret/data/draining", k="two")
    assert line(process) == "draining"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 7


def test_a_program_that_cannot_run_is_reported(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/nowhere\n")
    script.chmod(0o755)
    done = launch(str(script), VAULT_ENV_DAEMON="true")
    assert (done.returncode, b"interpreter or dynamic loader is missing" in done.stderr) == (127, True)


def test_an_unknown_action_is_refused() -> None:
    done = launch("/bin/true", VAULT_ENV_DAEMON="true", VAULT_ENV_DAEMON_ACTION="SIGNONSENSE")
    assert (done.returncode, b"write restart, exit, or a signal" in done.stderr) == (1, True)
