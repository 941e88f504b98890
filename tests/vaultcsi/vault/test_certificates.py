"""Files of the provider's container that a class names as certificates: reading any of them ends."""

import os
import time
from pathlib import Path

import pytest

from tests.servers.authority import Authority
from vaultcsi.errors import CertificatesUnusable
from vaultcsi.vault.certificates import context_of
from vaultcsi.vault.server import Trust

DEVICE = "/dev/zero"


def refused(trust: Trust) -> None:
    began = time.process_time()
    with pytest.raises(CertificatesUnusable, match="must be PEM files in the provider's container"):
        context_of(trust)
    assert time.process_time() - began < 10


def test_certificates_are_read_from_files_and_folders(tmp_path: Path, authority: Authority) -> None:
    own = authority.issue("csi-files")
    (tmp_path / "notes.txt").write_text("no certificate")
    (tmp_path / "ca.crt").write_bytes(own.ca_file.read_bytes())
    (tmp_path / "folder").mkdir()
    client = {"client_certificate_file": str(own.cert_file), "client_key_file": str(own.key_file)}
    for trust in (Trust(ca_file=str(own.ca_file), **client), Trust(ca_directory=str(tmp_path), **client)):
        assert len(context_of(trust).get_ca_certs()) == 1


@pytest.mark.parametrize(
    "trust",
    [
        Trust(ca_file=DEVICE),
        Trust(client_certificate_file=DEVICE, client_key_file=DEVICE),
        Trust(ca_directory=DEVICE),
        Trust(ca_file="/none"),
    ],
    ids=["CA", "client certificate", "folder", "none"],
)
def test_a_device_and_a_missing_file_are_refused(trust: Trust) -> None:
    refused(trust)


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(Trust(ca_file=str(tmp_path / "pipe")))


def test_more_than_certificates_can_be_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * (1 << 20))
    (tmp_path / "folder").mkdir()
    for number in range(3):
        (tmp_path / "folder" / str(number)).symlink_to(large)
    refused(Trust(ca_directory=str(tmp_path / "folder")))
    os.truncate(tmp_path / "large", 1 << 40)
    refused(Trust(ca_file=str(large)))


def test_a_folder_with_very_many_entries_is_refused(tmp_path: Path) -> None:
    for number in range(1001):
        (tmp_path / str(number)).mkdir()
    refused(Trust(ca_directory=str(tmp_path)))
