"""The files of the certificate: whole, readable only for this user, and written only after changes."""

from pathlib import Path

import pytest

from webhook.certificates.files import Files
from webhook.certificates.making import make_certificate
from webhook.certificates.state import State, read_pair
from webhook.serving.tls import ReloadingContext

MADE = make_certificate(["a"], 1)
STATE = State(read_pair(MADE.chain, MADE.key), None, (MADE.ca,), ("one", "two"))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_key_and_chain_are_one_file_for_tls_that_only_this_user_can_read(files: Files) -> None:
    assert files.write(STATE)
    ReloadingContext(str(files.pem), str(files.pem), pytest.fail)
    assert files.segments.read_text() == "one\ntwo\n"
    for path in (files.pem.parent, files.pem, files.segments):
        assert path.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in files.pem.parent.iterdir()) == ["path-segments", "tls.pem"]


def test_an_unchanged_state_is_not_written_again(files: Files) -> None:
    files.write(STATE)
    before = files.pem.stat()
    assert not files.write(STATE)
    assert files.pem.stat() == before


def test_a_change_of_certificate_or_segments_is_reported(files: Files) -> None:
    files.write(STATE)
    assert files.write(State(STATE.current, None, STATE.trusted, ("two", "three")))
    other = make_certificate(["a"], 1)
    assert files.write(State(read_pair(other.chain, other.key), None, (other.ca,), ("two", "three")))


def test_a_state_without_a_certificate_writes_only_the_path(files: Files) -> None:
    assert files.write(State(segments=("one",)))
    assert not files.pem.exists()
    assert files.segments.read_text() == "one\n"


def test_without_a_path_the_one_before_stays(files: Files) -> None:
    assert files.write(State(STATE.current, None, STATE.trusted))
    assert not files.segments.exists()
    files.write(STATE)
    assert not files.write(State(STATE.current, None, STATE.trusted))
    assert files.segments.read_text() == "one\ntwo\n"
