"""Certificates of a VaultConnection, whose author may name any file of the operator's container."""

import base64
import os
from pathlib import Path

import pytest

from tests.vaultsync.vault.test_login import Source
from vaultkube.deadline import UNLIMITED
from vaultkube.sync_resources.connection import ConnectionSpec
from vaultsync.errors import ReferenceRefused
from vaultsync.vault.authorities import Authorities


def _read(file: str) -> str:
    return Authorities(Source()).read(ConnectionSpec("https://vault", ca_file=file), "team", UNLIMITED)


def test_a_file_is_read_anew_each_time_also_through_links(tmp_path: Path) -> None:
    file, link = tmp_path / "ca.crt", tmp_path / "link"
    link.symlink_to(file)
    for text in ("first", "second"):
        file.write_text(text)
        assert _read(str(link)) == text


@pytest.mark.parametrize("name", ["/dev/zero", "pipe", ".", "absent", "long", "a\0b"])
def test_a_path_that_is_no_regular_file_is_refused(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "long").write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(ReferenceRefused, match=r"caCertPath .* cannot be read"):
        _read(str(tmp_path / name))


def test_a_file_without_an_end_is_read_to_a_bound() -> None:
    assert len(_read("/proc/self/environ")) < 1 << 20
    with pytest.raises(ReferenceRefused, match=r"pagemap cannot be read \((OSError|ValueError)\)"):
        _read("/proc/self/pagemap")


@pytest.mark.parametrize(("length", "reads"), [(1000, 1), (100_000, 2)])
def test_a_secret_is_read_once_unless_it_is_long(length: int, reads: int) -> None:
    source = Source({"ca.crt": base64.b64encode(b"x" * length).decode()})
    authorities = Authorities(source)
    for _ in range(2):
        assert (
            len(authorities.read(ConnectionSpec("https://vault", ca_secret="ca"), "team", UNLIMITED))
            == length
        )
    assert len(source.requests) == reads


def test_a_secret_with_more_certificates_than_a_system_has_is_refused() -> None:
    source = Source({"ca.crt": base64.b64encode(b"x" * ((1 << 18) + 1)).decode()})
    with pytest.raises(ReferenceRefused, match=r"Secret team/ca: 'ca\.crt' is longer than 262144 characters"):
        Authorities(source).read(ConnectionSpec("https://vault", ca_secret="ca"), "team", UNLIMITED)
