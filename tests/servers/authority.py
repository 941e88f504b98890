"""The certificate authority of a test session: one CA for all servers' certificates."""

from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files of one server: its certificate chain, its private key, and the CA of the chain."""

    cert_file: Path
    key_file: Path
    ca_file: Path


class Authority:
    """A CA whose files lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        full = trustme.CA()
        self._authority = _without_key_usage(full)
        self.ca_file = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(self.ca_file)
        full.cert_pem.write_to_path(_full(self.ca_file))

    def issue(self, name: str, *identities: str) -> Certificate:
        """Issue a certificate for the host names and addresses (default: 127.0.0.1 and localhost)."""
        leaf = self._authority.issue_cert(*(identities or ("127.0.0.1", "localhost")), common_name=name)
        issued = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key", self.ca_file)
        issued.cert_file.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(issued.key_file)
        return issued


def with_key_usage(ca_file: Path) -> Path:
    """Return a file of the same CA with key usage, which Python requires by default from 3.13 on.

    It is for the tests' own clients; a CA that is not an Authority's is returned as it is.
    """
    full = _full(ca_file)
    return full if full.exists() else ca_file


def _full(ca_file: Path) -> Path:
    return ca_file.with_suffix(".full.pem")


def _without_key_usage(full: trustme.CA) -> trustme.CA:
    """Return the same CA without the key usage extension, as `openssl req -x509` makes it.

    Go and the launcher trust it; Python's own defaults have refused it since 3.13.
    """
    key = load_pem_private_key(full.private_key_pem.bytes(), password=None)
    old = x509.load_pem_x509_certificate(full.cert_pem.bytes())
    names, dates = (old.issuer, old.subject), (old.not_valid_before_utc, old.not_valid_after_utc)
    identifier = x509.SubjectKeyIdentifier.from_public_key(old.public_key())
    certificate = (
        x509.CertificateBuilder(*names, old.public_key(), old.serial_number, *dates)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())  # type: ignore[arg-type]  # trustme's keys are all of kinds that sign
    )
    return trustme.CA.from_pem(certificate.public_bytes(Encoding.PEM), full.private_key_pem.bytes())
