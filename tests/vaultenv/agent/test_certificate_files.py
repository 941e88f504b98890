"""Certificates survive a restart or are replaced in time; and faults that end an agent at its start."""

import resource
import signal
import subprocess
import time

import pytest

from tests.vaultenv import launcher
from tests.vaultenv.agent.conftest import Pod, until

pytestmark = pytest.mark.usefixtures("each_launcher")

ISSUED = (
    '{{ with pkiCert "pki/issue/agent" "common_name=%s.example" }}{{ .Cert }}{{ .CA }}{{ .Key }}{{ end }}'
)
CERTIFICATE = "-----BEGIN CERTIFICATE-----"


@pytest.fixture
def issuing(pod: Pod) -> Pod:
    """A pod whose Vault issues certificates for an hour."""
    pod.vault.write("pki/roles/agent", {"allow_any_name": True, "ttl": "1h"})
    return pod


def test_a_certificate_in_the_file_is_used_again_while_it_is_valid(issuing: Pod) -> None:
    settings = issuing.settings(issuing.file("tls.pem", ISSUED % "a"))
    assert issuing.init(settings).returncode == 0
    first = issuing.text("tls.pem")
    assert first.count(CERTIFICATE) == 2
    done = issuing.init(settings)
    assert done.returncode == 0
    assert issuing.text("tls.pem") == first
    assert b"rendered" not in done.stderr


def test_another_template_for_the_same_certificate_shares_it(issuing: Pod) -> None:
    files = issuing.file("a.pem", ISSUED % "a"), issuing.file("b.pem", ISSUED % "a")
    assert issuing.init(issuing.settings(*files)).returncode == 0
    assert issuing.text("a.pem") == issuing.text("b.pem")


def test_two_certificates_in_one_file_are_not_confused(issuing: Pod) -> None:
    settings = issuing.settings(issuing.file("tls.pem", ISSUED % "a" + ISSUED % "b"))
    for _ in range(2):
        assert issuing.init(settings).returncode == 0
        assert len(set(issuing.text("tls.pem").split(CERTIFICATE))) == 5


@pytest.mark.timed
@pytest.mark.parametrize("function", ["pkiCert", "secret"])
def test_a_certificate_is_replaced_before_it_ends(issuing: Pod, function: str) -> None:
    issuing.vault.write("pki/roles/agent", {"allow_any_name": True, "ttl": "10s"})
    text = f'{{{{ with {function} "pki/issue/agent" "common_name=c.example" }}}}{{{{ .Data }}}}{{{{ end }}}}'
    issuing.stay(issuing.settings(issuing.file("tls.pem", text)))
    until(lambda: bool(issuing.text("tls.pem")))
    began, first = time.monotonic(), issuing.text("tls.pem")
    until(lambda: issuing.text("tls.pem") != first)
    assert 3 < time.monotonic() - began < 10


def test_a_missing_secret_is_written_once_it_exists(pod: Pod) -> None:
    name = f"late-{time.time_ns()}"
    process = pod.stay(pod.settings(pod.file("config", path=f"secret/data/{name}")))
    assert process.stderr
    assert b"path not found" in process.stderr.readline()
    pod.vault.put_secret(f"secret/data/{name}", a="b")
    until(lambda: pod.text("config").startswith("data: map[a:b]"))


def test_files_that_are_there_make_a_restarted_agent_ready_in_an_outage(pod: Pod) -> None:
    settings = pod.settings(pod.file("config", path="secret/data/account"))
    assert pod.init(settings).returncode == 0
    pod.stay(
        settings, VAULT_ADDR="https://127.0.0.1:1", VAULT_TOKEN="", VAULT_JWT_FILE=str(pod.folder / "none")
    )
    until(lambda: "stale since" in pod.status(settings)[1])
    code, line = pod.status(settings)
    assert (code, "login: failed to request new Vault token" in line) == (0, True)


def test_a_probe_before_the_agent_has_begun_fails(pod: Pod) -> None:
    settings = pod.settings()
    for question in ("ready", "live"):
        assert pod.status(settings, question) == (1, "the agent has not begun")
    assert "write ready or live" in pod.status(settings, "well")[1]


def test_leftovers_of_a_killed_agent_are_removed(pod: Pod) -> None:
    pod.secrets.mkdir()
    (pod.secrets / ".vault-env-0123456789abcdef.tmp").write_text("half")
    assert pod.init(pod.settings(pod.file("config", path="secret/data/account"))).returncode == 0
    assert [file.name for file in pod.secrets.iterdir()] == ["config"]


def test_a_file_that_is_too_large_is_an_error_and_the_old_one_stays(pod: Pod) -> None:
    target = pod.secrets / "config"
    settings = pod.settings(pod.file("config", path="secret/data/account"))
    assert pod.init(settings).returncode == 0
    before = target.read_bytes()
    pod.vault.put_secret("secret/data/big", value="x" * 200_000)
    text = '{{ with secret "secret/data/big" }}{{ .Data.data.value }}{{ end }}'
    limited = pod.environ(pod.settings(pod.file("config", text)))
    done = _with_file_limit(limited)
    assert done[0] == 1
    assert "/secrets/config cannot be written: file too large" in done[1]
    assert target.read_bytes() == before
    assert [file.name for file in pod.secrets.iterdir()] == ["config"]


def _with_file_limit(environ: dict[str, str]) -> tuple[int, str]:
    """Run the agent under a limit of 100 KB for each file."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = subprocess.run(
        [*launcher.COMMAND, "--agent-init"],
        env=launcher.ordered(environ),
        capture_output=True,
        preexec_fn=limit,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr.decode()
