"""The certificate authority of a test session: one CA that every server's certificate comes from."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files of one server: its certificate chain, its private key, and the CA to trust it by."""

    cert_file: Path
    key_file: Path
    ca_file: Path


class Authority:
    """A CA whose files lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(self.ca_file)

    def issue(self, name: str, *identities: str) -> Certificate:
        """A certificate for the given host names and addresses (default: 127.0.0.1 and localhost)."""
        leaf = self._authority.issue_cert(*(identities or ("127.0.0.1", "localhost")), common_name=name)
        issued = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key", self.ca_file)
        issued.cert_file.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(issued.key_file)
        return issued
