"""TLS contexts of all clients: certificates of the API server, of registries and of Vault are verified by the same rules.

The rules are those of Go and of the launcher: the chain must end at a given CA, the dates and the name must be valid,
and a CA may lack the key usage extension, as one from `openssl req -x509` does. `ssl.create_default_context` is not used: since
Python 3.13 it refuses such a CA, and it writes session keys to the file that SSLKEYLOGFILE names.
"""

import os
import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vaultkube.net.budget import BudgetTLSSocket


@dataclass(frozen=True)
class PEM:
    """Certificates or a key in PEM: in a file, which may be replaced at any time, or as a text."""

    file: str = ""
    text: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.file or self.text)

    def read(self) -> str:
        """Return the text; raise OSError if the file cannot be read."""
        return Path(self.file).read_text(encoding="ascii", errors="replace") if self.file else self.text

    def version(self) -> int:
        """Return a number that changes when the file is replaced; raise OSError if it cannot be read."""
        return os.stat(self.file).st_mtime_ns if self.file else 0


class _SharedContext(ssl.SSLContext):
    """A context for connections of many threads, whose protocol stays HTTP/1.1.

    urllib3 sets the protocols of a context again for each connection. OpenSSL then frees the old ones, which another
    thread may be copying into its own connection: a handshake with random bytes in it fails, and the process may crash.
    https://github.com/python/cpython/issues/141012
    """

    def __init__(self, *_: Any) -> None:
        super().set_alpn_protocols(["http/1.1"])

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Change nothing."""


def client_context(
    ca: str = "", *, beside_system: bool = False, verify: bool = True, strict: bool = False
) -> ssl.SSLContext:
    """Return a context that trusts the CAs in PEM of `ca`, else the system's; raise ssl.SSLError or ValueError.

    `beside_system` trusts both. `strict` verifies all of RFC 5280 for each certificate, key usage and key identifiers
    included. Without `verify` no certificate is verified. Its sockets are BudgetTLSSockets, for use by many threads.
    """
    context = _SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = BudgetTLSSocket
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if strict:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    else:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if ca:
        context.load_verify_locations(cadata=ca.encode("ascii", "ignore").decode())
    if beside_system or not ca:
        context.load_default_certs()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def load_client_certificate(context: ssl.SSLContext, certificate: PEM, key: PEM) -> None:
    """Load the client certificate into the context; raise OSError or ssl.SSLError.

    Python's `ssl` reads only files, so a text is written to a private temporary file for the call.
    """
    with tempfile.TemporaryDirectory(prefix="vault-webhook-") as folder:
        context.load_cert_chain(_as_file(certificate, folder, "tls.crt"), _as_file(key, folder, "tls.key"))


def _as_file(pem: PEM, folder: str, name: str) -> str:
    if pem.file:
        return pem.file
    path = Path(folder, name)
    path.write_text(pem.text, encoding="ascii", errors="replace")
    return str(path)
