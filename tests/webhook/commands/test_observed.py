"""Calls of Vault are counted by their outcome."""

import pytest

from vaultkube.deadline import Deadline
from vaultkube.errors import NotResolved, OutOfTime, VaultUnavailable
from vaultkube.metrics import Metrics
from vaultkube.vault.login import Resolution
from webhook.commands.observed import ObservedVault


class Counted(Metrics):
    """Stores the counted calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def call(self, server: str, outcome: str, seconds: float) -> None:
        assert 0 <= seconds < 5
        self.calls.append((server, outcome))


class Answering:
    """Vault with one answer."""

    def __init__(self, answer: dict[str, bytes | None] | Exception) -> None:
        self._answer = answer

    def resolve(self, resolution: Resolution, deadline: Deadline) -> dict[str, bytes | None]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"a": b"b"}, "ok"),
        (NotResolved("no such key"), "refused"),
        (VaultUnavailable("sealed"), "unavailable"),
        (OutOfTime("late"), "unavailable"),
        (RuntimeError(), "unavailable"),
    ],
)
def test_each_call_is_counted_once(answer: dict[str, bytes | None] | Exception, outcome: str) -> None:
    metrics = Counted()
    vault = ObservedVault(Answering(answer), metrics)
    resolution = object.__new__(Resolution)
    if isinstance(answer, Exception):
        with pytest.raises(type(answer)):
            vault.resolve(resolution, Deadline(1))
    else:
        assert vault.resolve(resolution, Deadline(1)) is answer
    assert metrics.calls == [("vault", outcome)]
