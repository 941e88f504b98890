"""Callers: the segment of the path, the client certificate, and log lines about denied callers."""

import io
import json
import os
from pathlib import Path

import pytest

from tests.webhook.clock import Clock
from vaultkube.errors import InvalidSetting
from webhook.serving.callers import Callers, PathSegments

FIRST, SECOND = "a" * 43, "b" * 43


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "path-segments"
    path.write_text(f"{FIRST}\n{SECOND}\n")
    return path


def test_each_segment_of_the_file_is_let_in_and_no_other(file: Path) -> None:
    callers = Callers(PathSegments(str(file)))
    found = {
        segment: callers.allows(segment.encode(), None) for segment in (FIRST, SECOND, "", "a", FIRST + "a")
    }
    assert found == {FIRST: True, SECOND: True, "": False, "a": False, FIRST + "a": False}


def test_without_a_file_only_the_plain_path_is_let_in() -> None:
    assert Callers().allows(b"", None)
    assert not Callers().allows(b"a", None)


def test_a_changed_file_is_read_within_a_second(file: Path) -> None:
    clock = Clock()
    callers = Callers(PathSegments(str(file), clock))
    file.write_text(f"{SECOND}\n")
    assert callers.allows(FIRST.encode(), None)
    clock.now_s += 1
    assert not callers.allows(FIRST.encode(), None)
    assert callers.allows(SECOND.encode(), None)


@pytest.mark.parametrize("text", ["", "\n", "short", "ä" * 43])
def test_a_broken_file_leaves_the_last_good_segments(file: Path, text: str) -> None:
    clock = Clock()
    callers = Callers(PathSegments(str(file), clock))
    file.write_text(text)
    clock.now_s += 1
    assert callers.allows(FIRST.encode(), None)
    os.unlink(file)
    clock.now_s += 1
    assert callers.allows(FIRST.encode(), None)


@pytest.mark.parametrize(
    "text", ["", "short", f"{FIRST}\nshort", "a/" * 20, "A" * 43, "a_" * 20, "-" + "a" * 43, "a b" * 20]
)
def test_a_file_without_good_segments_stops_the_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "path-segments"
    path.write_text(text)
    with pytest.raises(InvalidSetting, match="PATH_SEGMENTS_FILE"):
        PathSegments(str(path))


def test_segments_are_bytes_in_their_order(file: Path) -> None:
    assert PathSegments(str(file)).get() == (FIRST.encode(), SECOND.encode())


class Connection:
    def __init__(self, certificate: dict[str, str] | None) -> None:
        self._certificate = certificate

    def getpeercert(self) -> dict[str, str] | None:
        return self._certificate


@pytest.mark.parametrize(
    ("certificate", "accepted"), [({"serialNumber": "1"}, True), ({}, False), (None, False)]
)
def test_a_caller_without_a_required_certificate_is_denied(
    certificate: dict[str, str] | None, accepted: bool
) -> None:
    assert Callers(needs_certificate=True).allows(b"", Connection(certificate)) is accepted


def test_many_denied_callers_are_counted_and_logged_once_a_minute(log: io.StringIO) -> None:
    clock, counted = Clock(), []
    callers = Callers(count=lambda: counted.append(1), clock=clock)
    for _ in range(1000):
        callers.denied("192.0.2.7")
    clock.now_s += 60
    callers.denied("192.0.2.8")
    first, second = map(json.loads, log.getvalue().splitlines())
    assert (first["source"], first["callers"]) == ("192.0.2.7", 1)
    assert (second["source"], second["callers"]) == ("192.0.2.8", 1000)
    assert len(counted) == 1001
