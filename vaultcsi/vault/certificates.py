"""TLS contexts from the files that a class or a setting names in the provider's container, within limits of size.

The author of a class may name any file of the container: an endless device, or a folder of programs, must neither fill
the memory nor stop the mounts of others.
"""

import ssl
from itertools import islice
from pathlib import Path

from vaultcsi.errors import CertificatesUnusable
from vaultcsi.vault.server import Trust
from vaultkube.net.tls import PEM, client_context, load_client_certificate
from vaultkube.regular_file import read_regular_file

_MOST_BYTES = 2 << 20
"""Bytes of all certificates and keys of a context; the CAs of a whole system have 0.3 MiB."""
_MOST_FILES = 1000
"""Most entries of a folder."""


def context_of(trust: Trust) -> ssl.SSLContext:
    """Return the context of a trust; raise CertificatesUnusable for files that are no certificates, or too large."""
    try:
        context = client_context(_authorities(trust), verify=not trust.skip_verify)
        if trust.client_certificate_file:
            for file in (trust.client_certificate_file, trust.client_key_file):
                _read([Path(file)])  # OpenSSL reads the file again, without a limit
            certificate, key = PEM(file=trust.client_certificate_file), PEM(file=trust.client_key_file)
            load_client_certificate(context, certificate, key)
    except (OSError, ValueError) as error:
        names = ", ".join(trust.files)
        raise CertificatesUnusable(
            f"the certificates for Vault cannot be used ({type(error).__name__}): {names} must be PEM files in the "
            f"provider's container, of {_MOST_BYTES >> 20} MiB at most together; correct the class's vaultCACertPath, "
            "vaultCADirectory or vaultTLSClientCertPath, or the provider's settings"
        ) from None
    return context


def _authorities(trust: Trust) -> str:
    files = [Path(trust.ca_file)] if trust.ca_file else []
    if trust.ca_directory:
        entries = list(islice(Path(trust.ca_directory).iterdir(), _MOST_FILES + 1))
        if len(entries) > _MOST_FILES:
            raise ValueError("the folder has too many entries")
        files += sorted(path for path in entries if path.is_file())
    return "\n".join(_read(files))


def _read(files: list[Path]) -> list[str]:
    """Return the texts of regular files, of limited length together; raise OSError or ValueError for others."""
    texts, left_bytes = [], _MOST_BYTES
    for file in files:
        raw = read_regular_file(file, left_bytes)
        left_bytes -= len(raw)
        texts.append(raw.decode("ascii", "replace"))
    return texts
