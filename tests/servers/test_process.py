"""Servers that fail to start have their reason, and leave neither process nor file behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.process import Process, ServerFailed

ROOT = Path(__file__).parents[2]

SESSION = """
import pathlib, time

def test_waits({servers}):
    pathlib.Path({ready!r}).touch()
    time.sleep(60)
"""


def test_a_server_that_ends_at_once_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    server = Process(["sh", "-c", "echo the port is taken; exit 3"], tmp_path / "server.log")

    with pytest.raises(ServerFailed, match=r"server ended with status 3:\nthe port is taken"):
        server.wait_until(lambda: False)
    server.stop()


def test_a_server_that_never_answers_is_reported_in_time(tmp_path: Path) -> None:
    server = Process(["sh", "-c", "echo starting; exec sleep 60"], tmp_path / "server.log")

    with pytest.raises(ServerFailed, match=r"server was not ready after 1 s:\nstarting"):
        server.wait_until(lambda: False, timeout_s=1)
    server.stop()


def test_a_server_that_ignores_sigterm_is_killed_with_its_children(tmp_path: Path) -> None:
    script = f"trap '' TERM; sleep 77 & echo $! >{tmp_path}/child; wait; sleep 77"
    server = Process(["sh", "-c", script], tmp_path / "server.log")
    server.wait_until((tmp_path / "child").exists)

    server.stop(timeout_s=0.2)

    assert not server.running()
    assert not list(processes_of("sleep\0" + "77"))


@pytest.mark.servers
@pytest.mark.parametrize(
    ("number", "servers"),
    [
        (signal.SIGINT, "vault, basic_registry"),
        (signal.SIGTERM, "vault, basic_registry"),
        (signal.SIGKILL, "vault, cluster, basic_registry, bearer_registry"),
    ],
    ids=["SIGINT", "SIGTERM", "SIGKILL"],
)
def test_an_interrupted_session_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals, servers: str
) -> None:
    ready, temporary = tmp_path / "ready", tmp_path / "temporary"
    temporary.mkdir()
    (tmp_path / "test_session.py").write_text(SESSION.format(ready=str(ready), servers=servers))
    session = start_session(tmp_path, temporary)
    try:
        wait_for(ready.exists, 60, session)
        running = list(processes_of(str(temporary)))
        os.killpg(session.pid, number)  # as the terminal does it
        session.wait(timeout=60)
    finally:
        session.kill()
        session.wait()

    assert len(running) > len(servers.split())
    wait_for(lambda: not list(processes_of(str(temporary))), 10)
    if number is not signal.SIGKILL:  # which leaves no time for files
        assert not list(temporary.iterdir())


def start_session(folder: Path, temporary: Path) -> subprocess.Popen[bytes]:
    """Start pytest with the project's fixtures on the tests in `folder`."""
    arguments = ["-q", "-p", "tests.conftest", "-p", "no:cacheprovider", f"--basetemp={folder / 'base'}"]
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments, f"--rootdir={folder}", folder / "test_session.py"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for(
    condition: Callable[[], bool], timeout_s: float, session: subprocess.Popen[bytes] | None = None
) -> None:
    """Return when `condition()` is true; fail when the time is over or the session has ended."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        assert session is None or session.poll() is None, "the session ended early"
        time.sleep(0.05)


def processes_of(text: str) -> Iterator[int]:
    """Return the ids of processes with the text in their command line or environment."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            known = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:  # it has ended
            continue
        if text.encode() in known and int(entry.name) != os.getpid():
            yield int(entry.name)
