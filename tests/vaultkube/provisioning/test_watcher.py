"""The watch of labelled namespaces goes on, whatever one of them meets."""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.apiserver.watching import Change
from vaultkube.log import JsonFormatter
from vaultkube.provisioning import watcher as module
from vaultkube.provisioning.steps import Provisioning
from vaultkube.provisioning.watcher import LABEL, Watcher

CONNECTION = Connection("https://127.0.0.1:1")


def added(name: str) -> Change:
    return Change("ADDED", {"metadata": {"name": name, "labels": {LABEL: "true"}}})


class Steps:
    """Provisions every namespace but `broken`."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def ensure(self, name: str) -> None:
        if name == "broken":
            raise KeyError("text of a secret")
        self.done.append(name)


def test_an_unexpected_error_of_one_namespace_is_logged_and_keeps_no_other_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    steps: Any = Steps()
    monkeypatch.setattr(module, "watch", lambda *_: iter([added("broken"), added("shop")]))
    watcher = Watcher(CONNECTION, lambda: steps)
    for _ in range(2):
        assert watcher.watch_once(15, threading.Event())
    assert steps.done == ["shop"]
    assert watcher.failing == {"broken": "unexpected KeyError"}
    (record,) = caplog.records
    line = JsonFormatter().format(record)
    assert (record.levelno, "KeyError at" in line, "text of" in line) == (logging.WARNING, True, False)


def test_a_watch_that_cannot_be_understood_is_a_failure_and_not_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "watch", lambda *_: iter([Change("ADDED", {})]))
    watcher = Watcher(CONNECTION, lambda: Provisioning(*[None] * 3))  # type: ignore[arg-type]
    assert not watcher.watch_once(15, threading.Event())
    assert watcher.failing == {"": "unexpected KeyError"}


def test_a_watch_that_ends_at_once_is_not_begun_again_without_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop, begun = threading.Event(), list[float]()

    def _watch(*_arguments: object) -> Iterator[Change]:
        begun.append(time.monotonic())
        if len(begun) == 3:
            stop.set()
        return iter(())

    monkeypatch.setattr(module, "watch", _watch)
    Watcher(CONNECTION, lambda: Provisioning(*[None] * 3)).run(stop)  # type: ignore[arg-type]
    assert begun[-1] - begun[0] > 0.9
