"""`vault-env --agent` on a real Vault: refreshes, leases, logins, signals, outages."""

import signal
import socket
import time
from pathlib import Path

import pytest

from tests.servers.vault import Vault, VaultRefused
from tests.vaultenv import launcher
from tests.vaultenv.agent.conftest import Pod, until
from tests.vaultenv.broker import MAX_TTL_S, TTL_S

pytestmark = pytest.mark.usefixtures("each_launcher")

LOGIN_TTL_S = 3
MOVING = '{{ with secret "secret/data/moving" }}{{ .Data.data.value }}{{ end }}'


def ended(process: object, number: int = signal.SIGTERM) -> tuple[int, str]:
    """Return exit status and log of an agent after a signal."""
    process.send_signal(number)  # type: ignore[attr-defined]
    _, errors = process.communicate(timeout=20)  # type: ignore[attr-defined]
    return process.returncode, errors.decode()  # type: ignore[attr-defined]


def written_at(pod: Pod) -> float:
    """Return the agent's own time of writing the token of its last login, in seconds since 1970."""
    return (pod.home / ".vault-token").stat().st_mtime


def login(vault: Vault, **role: object) -> dict[str, str]:
    """Return the variables of a login whose role has these options."""
    if "approle/" not in vault.read("sys/auth"):
        vault.write("sys/auth/approle", {"type": "approle"})
    vault.write("sys/auth/approle/tune", {"user_lockout_config": {"lockout_disable": True}})
    vault.policy("all", 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }')
    vault.write("auth/approle/role/agent", {"token_policies": "all", **role})
    role_id = vault.read("auth/approle/role/agent/role-id")["role_id"]
    secret_id = vault.write("auth/approle/role/agent/secret-id", {})["data"]["secret_id"]
    return {
        "VAULT_TOKEN": "",
        "VAULT_AUTH_METHOD": "approle",
        "VAULT_APPROLE_ROLE_ID": str(role_id),
        "VAULT_APPROLE_SECRET_ID": str(secret_id),
    }


def test_a_new_value_arrives_within_the_interval_and_sigterm_ends_the_agent(pod: Pod, tmp_path: Path) -> None:
    pod.vault.put_secret("secret/data/moving", value="one")
    command = f"cat {pod.secrets}/config >> {tmp_path}/log"
    settings = pod.settings(pod.file("config", MOVING, command=command), interval_s=0.3)
    process = pod.stay(settings)
    until(lambda: pod.text("config") == "one")
    pod.vault.put_secret("secret/data/moving", value="two")
    until(lambda: pod.text("config") == "two")
    until(lambda: (tmp_path / "log").read_text() == "onetwo")
    assert pod.status(settings) == (0, "fresh")
    assert pod.status(settings, "live") == (0, "fresh")
    status, log = ended(process)
    assert status == 0
    assert log.count("rendered config to") == 2
    assert (tmp_path / "log").read_text() == "onetwo"


def test_the_interval_of_a_file_wins_over_that_of_all(pod: Pod) -> None:
    pod.vault.put_secret("secret/data/moving", value="one")
    pod.stay(
        pod.settings(pod.file("quick", MOVING, interval_s=0.3), pod.file("slow", path="secret/data/account"))
    )
    until(lambda: pod.text("quick") == "one")
    pod.vault.put_secret("secret/data/moving", value="two")
    until(lambda: pod.text("quick") == "two")


def test_sighup_renders_at_once(pod: Pod) -> None:
    pod.vault.put_secret("secret/data/moving", value="one")
    process = pod.stay(pod.settings(pod.file("config", MOVING)))
    until(lambda: pod.text("config") == "one" and pod.status(pod.settings())[0] == 0)
    pod.vault.put_secret("secret/data/moving", value="two")
    process.send_signal(signal.SIGHUP)
    until(lambda: pod.text("config") == "two")


def test_a_forbidden_path_is_in_the_status_and_delays_no_other_file(pod: Pod) -> None:
    pod.vault.put_secret("secret/data/moving", value="one")
    pod.vault.policy("moving", 'path "secret/data/moving" { capabilities = ["read"] }')
    token = pod.vault.new_token("moving")
    other = pod.file("bad", path="secret/data/account")
    settings = pod.settings(other, pod.file("config", MOVING), interval_s=0.3)
    process = pod.stay(settings, VAULT_TOKEN=token)
    until(lambda: pod.text("config") == "one")
    pod.vault.put_secret("secret/data/moving", value="two")
    until(lambda: pod.text("config") == "two")
    status, line = pod.status(settings)
    assert status == 1
    assert line.startswith("not all files are written yet: secret secret/data/account: ")
    assert "403" in line
    assert pod.status(settings, "live")[0] == 0
    pod.vault.policy("moving", 'path "secret/data/*" { capabilities = ["read"] }')
    until(lambda: "superusername" in pod.text("bad"))
    until(lambda: pod.status(settings) == (0, "fresh"))
    assert ended(process)[0] == 0


def test_an_outage_keeps_the_files_and_its_start_is_in_the_status(pod: Pod, own_vault: Vault) -> None:
    own_vault.put_secret("secret/data/moving", value="one")
    pod.vault = own_vault
    settings = pod.settings(pod.file("config", MOVING), interval_s=0.3)
    process = pod.stay(settings)
    until(lambda: pod.text("config") == "one")
    before = time.time()
    own_vault.seal()
    until(lambda: pod.status(settings)[1].startswith("stale since "))
    code, line = pod.status(settings)
    assert code == 0
    assert "Vault is sealed: unseal Vault" in line
    assert abs(time.mktime(time.strptime(line[12:32], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone - before) < 30
    assert pod.text("config") == "one"
    own_vault.unseal()
    own_vault.put_secret("secret/data/moving", value="two")
    until(lambda: pod.text("config") == "two")
    until(lambda: pod.status(settings) == (0, "fresh"))
    status, log = ended(process)
    assert status == 0
    assert log.count("unseal Vault; the files stay as they are") == 1
    assert "secret secret/data/moving: well again" in log


def test_a_token_that_was_revoked_is_replaced_by_another_login(pod: Pod) -> None:
    pod.vault.put_secret("secret/data/moving", value="one")
    settings = pod.settings(pod.file("config", MOVING), interval_s=0.3, token_file=str(pod.secrets / "token"))
    process = pod.stay(settings, **login(pod.vault))
    until(lambda: pod.text("config") == "one")
    token = pod.text("token")
    time.sleep(0.5)
    pod.vault.write("auth/token/revoke", {"token": token})
    pod.vault.put_secret("secret/data/moving", value="two")
    until(lambda: pod.text("config") == "two")
    assert pod.text("token") not in ("", token)
    assert ended(process)[0] == 0


@pytest.mark.parametrize("revokes", [True, False])
def test_the_token_is_revoked_at_the_end_only_with_the_setting(pod: Pod, revokes: bool) -> None:
    pod.vault.put_secret("secret/data/moving", value="one")
    settings = pod.settings(
        pod.file("config", MOVING), revoke_on_shutdown=revokes, token_file=str(pod.secrets / "token")
    )
    process = pod.stay(settings, **login(pod.vault))
    until(lambda: pod.text("config") == "one")
    token = pod.text("token")
    assert ended(process, signal.SIGINT)[0] == 0
    try:
        pod.vault.read("auth/token/lookup-self", token=token)
        assert not revokes
    except VaultRefused:
        assert revokes


@pytest.mark.timed
def test_sigterm_ends_an_agent_that_waits_for_vault(pod: Pod) -> None:
    process = pod.stay(
        pod.settings(pod.file("config", MOVING)), VAULT_ADDR="https://127.0.0.1:1", **login(pod.vault)
    )
    assert process.stderr
    assert b"login: failed to request new Vault token" in process.stderr.readline()
    began = time.monotonic()
    assert ended(process)[0] == 0
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_init_that_a_signal_ends_before_its_files_are_written_does_not_count_as_done(
    pod: Pod, number: int
) -> None:
    settings = pod.settings(pod.file("missing", path="secret/data/missing"))
    process = launcher.start("--agent-init", **pod.environ(settings))
    pod.started.append(process)
    until(lambda: "secret secret/data/missing" in pod.status(settings)[1])
    assert ended(process, number)[0] == 128 + number


def test_a_signal_during_the_first_round_of_an_init_is_not_lost(pod: Pod) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ = pod.environ(
            pod.settings(pod.file("config", MOVING)),
            VAULT_ADDR=f"http://127.0.0.1:{silent.getsockname()[1]}",
            VAULT_CLIENT_TIMEOUT="2s",
        )
        process = launcher.start("--agent-init", **environ)
        pod.started.append(process)
        with silent.accept()[0]:
            assert ended(process)[0] == 128 + signal.SIGTERM


def test_a_login_error_ends_the_agent_only_with_the_setting(pod: Pod) -> None:
    bad = {**login(pod.vault), "VAULT_APPROLE_SECRET_ID": "none"}
    done = pod.init(pod.settings(pod.file("config", MOVING), exit_on_login_error=True), **bad)
    assert done.returncode == 1
    assert b"invalid role or secret ID" in done.stderr
    patient = pod.settings(pod.file("config", MOVING), min_backoff_s=0.05)
    process = pod.stay(patient, **bad)
    until(lambda: "invalid role or secret ID" in pod.status(patient)[1])
    time.sleep(0.5)  # further attempts
    assert process.poll() is None
    status, log = ended(process)
    assert (status, log.count("invalid role or secret ID")) == (0, 1)


def test_a_command_that_hangs_does_not_outlast_the_agent(pod: Pod) -> None:
    pod.vault.put_secret("secret/data/moving", value="one")
    process = pod.stay(pod.settings(pod.file("config", MOVING, command="sleep 60")))
    until(lambda: pod.text("config") == "one")
    assert ended(process)[0] == 0


@pytest.mark.timed
def test_a_lease_is_renewed_until_its_max_ttl_and_then_replaced(pod: Pod, leasing: Vault) -> None:
    text = '{{ with secret "rabbitmq/creds/app" }}{{ .Data.username }} {{ .Data.password }}{{ end }}'
    process = pod.stay(pod.settings(pod.file("creds", text), pod.file("again", text)))
    until(lambda: bool(pod.text("creds")))
    began, first = time.monotonic(), pod.text("creds")
    until(lambda: pod.text("again") == first)
    until(lambda: pod.text("creds") != first)
    assert TTL_S + 1 < time.monotonic() - began < MAX_TTL_S + 1
    until(lambda: pod.text("again") == pod.text("creds"))
    assert ended(process)[0] == 0


@pytest.mark.timed
def test_a_token_at_its_longest_time_is_replaced_and_only_leases_are_read_again(
    pod: Pod, leasing: Vault
) -> None:
    leasing.put_secret("secret/data/moving", value="one")
    leasing.write("rabbitmq/config/lease", {"ttl": 60, "max_ttl": 600})
    creds = '{{ with secret "rabbitmq/creds/app" }}{{ .Data.username }}{{ end }}'
    try:
        process = pod.stay(
            pod.settings(pod.file("creds", creds), pod.file("config", MOVING)),
            **login(leasing, token_ttl=f"{LOGIN_TTL_S}s", token_max_ttl="5s"),
        )
        until(lambda: bool(pod.text("creds") and pod.text("config")))
        logged_in, first = written_at(pod), pod.text("creds")
        leasing.put_secret("secret/data/moving", value="two")
        until(lambda: pod.text("creds") != first)
        assert written_at(pod) - logged_in > LOGIN_TTL_S, "the token was renewed before it was replaced"
        assert pod.text("config") == "one"
        assert ended(process)[0] == 0
    finally:
        leasing.write("rabbitmq/config/lease", {"ttl": TTL_S, "max_ttl": MAX_TTL_S})
