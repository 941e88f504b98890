"""Figures of workers that start and end: the sums stay, the files do not pile up."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vaultkube.metrics import DIRECTORY_VARIABLE, exposition, mark_dead

_WORKER = """
import os, signal, sys
from vaultkube.metrics import Metrics
metrics = Metrics()
for _ in range(int(sys.argv[1])):
    metrics.review("pods", "changed", 0.5)
    metrics.review("pods", "refused", 7)
print(os.getpid(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    return tmp_path


def killed_worker(directory: Path, reviews: int) -> int:
    """Count reviews in a process, kill it, and return its pid."""
    done = subprocess.run(
        [sys.executable, "-c", _WORKER, str(reviews)],
        env={**os.environ, DIRECTORY_VARIABLE: str(directory)},
        capture_output=True,
        text=True,
    )
    return int(done.stdout)


def figures() -> dict[str, float]:
    """Return the figures that outlive a worker, which are all except gauges."""
    lines = exposition()()[0].decode().splitlines()
    gauges = {line.split()[2] for line in lines if line.startswith("# TYPE") and line.endswith(" gauge")}
    found = (line.rpartition(" ") for line in lines if line[0] != "#")
    return {name: float(value) for name, _, value in found if name not in gauges}


def test_the_figures_of_dead_workers_stay_and_their_files_go(directory: Path) -> None:
    pids = [killed_worker(directory, reviews) for reviews in (1, 2, 3, 4, 5)]
    before = figures()
    assert before['vault_webhook_reviews_total{outcome="changed",resource="pods"}'] == 15
    for pid in pids:
        mark_dead(pid)
        assert figures() == before
    assert {file.name for file in directory.glob("*.db")} == {"counter_dead.db", "histogram_dead.db"}


def test_files_of_living_workers_stay(directory: Path) -> None:
    dead, living = killed_worker(directory, 1), killed_worker(directory, 2)
    mark_dead(dead)
    assert {f"counter_{living}.db", f"histogram_{living}.db"} <= {file.name for file in directory.iterdir()}
    assert not list(directory.glob(f"*_{dead}.db"))


def test_gauges_of_a_dead_worker_are_removed(directory: Path) -> None:
    for name in ("gauge_livesum_7.db", "gauge_max_7.db", "gauge_max_77.db"):
        (directory / name).write_bytes(b"")
    mark_dead(7)
    assert [file.name for file in directory.glob("*.db")] == ["gauge_max_77.db"]


def test_nobody_waits_for_a_reader_that_was_stopped_and_the_next_turn_makes_up_for_it(
    directory: Path,
) -> None:
    first, second = killed_worker(directory, 1), killed_worker(directory, 1)
    before = figures()
    with open(directory / "lock", "w") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        mark_dead(first)
        assert figures() == before
        assert list(directory.glob(f"*_{first}.db"))
    mark_dead(second)
    assert figures() == before
    assert len(list(directory.glob("*.db"))) == 2


@pytest.mark.parametrize("content", [b"", b"\x40\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00" + b"x" * 64])
def test_a_truncated_file_loses_only_its_own_figures(directory: Path, content: bytes) -> None:
    mark_dead(killed_worker(directory, 1))
    before = figures()
    (directory / "counter_7.db").write_bytes(content)
    mark_dead(7)
    assert figures() == before


_MASTER = """
import os, signal, sys
from vaultkube.metrics import prepare_directory
print(prepare_directory(sys.argv[1]), flush=True)
if os.fork():
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""


def test_the_next_start_removes_the_directory_of_a_killed_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _MASTER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdin
        assert first.stdout
        left = Path(first.stdout.readline().strip())
        first.wait()
        assert subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).stdout
        assert left.is_dir(), "a worker of the first is alive"
        first.stdin.close()
        first.stdout.read()
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    assert len(list(tmp_path.iterdir())) == 1
    assert not left.exists()
