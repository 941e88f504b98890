"""Slow steps are done once and as a whole, and their old results are removed."""

import queue
import threading
from pathlib import Path

import pytest

from vaultenv.native.build.cache import cache, cached, key


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_cache_is_below_the_users_cache_folder(tmp_path: Path) -> None:
    assert cache() == tmp_path / "vault-webhook/native"


def test_keys_differ_as_soon_as_anything_does() -> None:
    assert key("a", ("b",)) == key("a", ("b",))
    assert len({key("a", "b"), key("ab"), key("a", ("b",)), key("a")}) == 4


def test_a_step_is_done_once() -> None:
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "result").write_text("whole")

    first, second = cached("step", key(1), make), cached("step", key(1), make)
    assert first == second
    assert (first / "result").read_text() == "whole"
    assert len(made) == 1


def test_a_step_that_fails_leaves_nothing_that_counts_as_done() -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        cached("step", key(1), fail)
    assert list(cached("step", key(1), lambda folder: None).iterdir()) == []


def test_two_builds_at_once_do_a_step_once(monkeypatch: pytest.MonkeyPatch) -> None:
    began, go_on, made, said = threading.Event(), threading.Event(), [], queue.SimpleQueue[str]()
    monkeypatch.setattr("vaultenv.native.build.cache.say", said.put)

    def make(folder: Path) -> None:
        made.append(folder)
        began.set()
        go_on.wait(10)

    threads = [threading.Thread(target=cached, args=("step", key(1), make)) for _ in range(2)]
    threads[0].start()
    began.wait(10)
    threads[1].start()
    assert "waiting" in said.get(timeout=10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1


def test_only_the_newest_results_are_kept() -> None:
    folders = [cached("step", key(number), lambda folder: None) for number in range(5)]
    other = cached("step-other", key(1), lambda folder: None)
    assert [folder.exists() for folder in folders] == [False, False, True, True, True]
    assert other.exists()
