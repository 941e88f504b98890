"""The attendant process beside the serving one: each ends with the other, and it answers without the workers."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.servers.authority import Authority
from tests.servers.process import free_port, stopping
from tests.webhook.served import Served

pytestmark = pytest.mark.long


class Attended(Served):
    """A webhook with files and a health listener."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.health_port = free_port()
        super().__init__(folder, authority, {"HEALTH_ADDRESS": f"127.0.0.1:{self.health_port}"})

    def fetch(self, path: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.health_port}{path}", timeout=5)

    def master(self) -> int:
        """The process id of gunicorn's master."""
        return self.pids()[1]


@contextmanager
def started(folder: Path, authority: Authority) -> Iterator[Attended]:
    with stopping(Attended(folder, authority)) as webhook:
        webhook.wait()
        yield webhook


@pytest.fixture(scope="module")
def attended(session_folder: Path, authority: Authority) -> Iterator[Attended]:
    """Yield a webhook that must continue after the test."""
    with started(session_folder / "attended", authority) as webhook:
        yield webhook


@pytest.fixture
def own(tmp_path: Path, authority: Authority) -> Iterator[Attended]:
    """Yield a webhook that the test may end."""
    with started(tmp_path / "webhook", authority) as webhook:
        yield webhook


def soon(check: Callable[[], bool], timeout_s: float = 15) -> bool:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.1)
    return False


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_an_unready_webhook_is_alive_and_names_the_reason(attended: Attended) -> None:
    assert soon(lambda: "the API server does not answer" in attended.fetch("/readyz").text)
    assert attended.fetch("/readyz").status_code == 503
    assert attended.fetch("/healthz").text == "ok\n"


def test_the_figures_of_all_processes_are_together(attended: Attended) -> None:
    assert soon(lambda: "vault_webhook_certificate_not_after_seconds" in attended.fetch("/metrics").text)
    figures = attended.fetch("/metrics").text
    assert "vault_webhook_callers_denied_total" in figures
    assert "vault_webhook_certificate_leader" not in figures, "no certificate is self-managed here"


def test_workers_that_hang_delay_no_answer(attended: Attended) -> None:
    workers = Path(f"/proc/{attended.master()}/task/{attended.master()}/children").read_text().split()
    assert len(workers) == 2
    for worker in workers:
        os.kill(int(worker), signal.SIGSTOP)
    try:
        assert attended.fetch("/healthz").ok
        assert soon(lambda: "the workers do not answer" in attended.fetch("/readyz").text)
    finally:
        for worker in workers:
            os.kill(int(worker), signal.SIGCONT)
    assert soon(lambda: "the workers do not answer" not in attended.fetch("/readyz").text)


def test_the_end_is_in_order(own: Attended) -> None:
    master = own.master()
    own.process.send(signal.SIGTERM)
    assert soon(lambda: not own.process.running())
    assert not is_running(master)
    with pytest.raises(requests.ConnectionError):
        own.fetch("/healthz")


def test_a_killed_server_ends_its_attendant(own: Attended) -> None:
    os.kill(own.master(), signal.SIGKILL)
    assert soon(lambda: not own.process.running())


def test_a_killed_attendant_ends_its_server(own: Attended) -> None:
    master = own.master()
    own.process.send(signal.SIGKILL)
    assert soon(lambda: not is_running(master))


def test_a_health_listener_in_use_is_named(attended: Attended, tmp_path: Path, authority: Authority) -> None:
    with stopping(
        Served(tmp_path / "other", authority, {"HEALTH_ADDRESS": f"127.0.0.1:{attended.health_port}"})
    ) as other:
        assert soon(lambda: not other.process.running())
        assert "HEALTH_ADDRESS cannot be listened on" in other.log_file.read_text()
