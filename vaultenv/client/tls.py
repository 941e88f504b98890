"""The TLS context: the CA certificates for Vault's certificate, and the launcher's own certificate.

OpenSSL reads no variable by itself; SSL_CERT_FILE and SSL_CERT_DIR are read here, with the same meaning as in Go
(https://pkg.go.dev/crypto/x509#SystemCertPool).
"""

from __future__ import annotations

import posix
from _ssl import CERT_NONE, PROTOCOL_TLS_CLIENT, PROTO_TLSv1_2, SSLError, _SSLContext

from vaultenv.basics.files import reason
from vaultenv.errors import InvalidSetting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

HASHED_DIRECTORIES = ("/etc/ssl/certs", "/etc/pki/tls/certs")
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class Trust:
    """The configured CA certificates: the first of data, file and directory that is set, else the system's."""

    __slots__ = ("data", "directory", "file", "system_directories", "system_file")

    def __init__(
        self,
        data: str = "",
        file: str = "",
        directory: str = "",
        system_file: str = "",
        system_directories: Iterable[str] = (),
    ) -> None:
        self.data = data
        self.file = file
        self.directory = directory
        self.system_file = system_file
        self.system_directories = tuple(system_directories)

    def variable(self) -> str:
        """Return the variable that names the certificates, "" for the system's own."""
        named = (
            ("VAULT_CACERT", self.file),
            ("VAULT_CACERT_BYTES", self.data),
            ("VAULT_CAPATH", self.directory),
            ("SSL_CERT_FILE", self.system_file),
            ("SSL_CERT_DIR", self.system_directories),
        )
        return next((name for name, value in named if value), "")


class Tls:
    """Security of connections: the context, the required name of the certificate if not the host's, and the variable
    that names the trusted certificates.
    """

    __slots__ = ("context", "server_name", "trusted_by")

    def __init__(self, context: Any, server_name: str, trusted_by: str) -> None:
        self.context = context
        self.server_name = server_name
        self.trusted_by = trusted_by


def client_context(trust: Trust, certificate: str, key: str, skip_verify: bool) -> _SSLContext:
    """Return a context for connections to Vault, TLS 1.2 or newer, that verifies chain and host name.

    Raises InvalidSetting, naming the variable, for files that cannot be used.
    """
    context = _SSLContext(PROTOCOL_TLS_CLIENT)
    context.minimum_version = PROTO_TLSv1_2
    if skip_verify:
        context.check_hostname = False
        context.verify_mode = CERT_NONE
    else:
        _load_trust(context, trust)
    if certificate or key:
        _load_certificate(context, certificate, key)
    return context


def _load_trust(context: _SSLContext, trust: Trust) -> None:
    if trust.file:
        _load(context, "VAULT_CACERT", trust.file, file=trust.file)
    elif trust.data:
        pem = "".join(filter(str.isascii, trust.data))  # text around the certificates may be in any language
        _load(context, "VAULT_CACERT_BYTES", "the certificates", data=pem + "\n")
    elif trust.directory:
        _load_directory(context, "VAULT_CAPATH", trust.directory)
    else:
        _load_system(context, trust)


def _load(
    context: _SSLContext, variable: str, shown: str, file: str | None = None, data: str | None = None
) -> None:
    try:
        context.load_verify_locations(file, None, data)
    except SSLError:
        raise InvalidSetting(f"{variable}: {shown}: no PEM certificates found") from None
    except OSError as error:
        raise InvalidSetting(f"{variable}: open {shown}: {reason(error)}") from None


def _load_directory(context: _SSLContext, variable: str, directory: str) -> None:
    """Load all certificates of a directory, hashed names or not; files without a certificate are skipped."""
    try:
        names = sorted(posix.listdir(directory))
    except OSError as error:
        raise InvalidSetting(f"{variable}: open {directory}: {reason(error)}") from None
    if _is_hashed(names):
        context.load_verify_locations(None, directory, None)
        return
    for name in names:
        try:
            context.load_verify_locations(f"{directory}/{name}", None, None)
        except OSError:
            continue


def _is_hashed(names: Iterable[str]) -> bool:
    """Return whether file names look like OpenSSL's subject hashes, `8d33f237.0`."""
    return any(len(name) == 10 and name[8] == "." and name[9].isdigit() for name in names)


def _load_system(context: _SSLContext, trust: Trust) -> None:
    """Load the files that the variables name, else the distribution's hashed directory or bundle.

    As in Go, each of the two variables replaces only its own half.
    """
    for directory in trust.system_directories:
        _load_directory(context, "SSL_CERT_DIR", directory)
    if trust.system_file:
        _load(context, "SSL_CERT_FILE", trust.system_file, file=trust.system_file)
    if (trust.system_directories or not _load_hashed(context)) and not trust.system_file:
        _load_bundle(context)


def _load_hashed(context: _SSLContext) -> bool:
    for directory in HASHED_DIRECTORIES:
        if _is_hashed(_names(directory)):
            context.load_verify_locations(None, directory, None)
            return True
    return False


def _load_bundle(context: _SSLContext) -> None:
    for bundle in BUNDLES:
        try:
            context.load_verify_locations(bundle, None, None)
            return
        except OSError:
            continue


def _names(directory: str) -> list[str]:
    try:
        return posix.listdir(directory)
    except OSError:
        return []


def _load_certificate(context: _SSLContext, certificate: str, key: str) -> None:
    try:
        context.load_cert_chain(certificate, key or certificate, None)
    except SSLError:
        raise InvalidSetting(
            "VAULT_CLIENT_CERT and VAULT_CLIENT_KEY are not a certificate and its key in PEM"
        ) from None
    except OSError as error:
        names = certificate if key in ("", certificate) else f"{certificate} or {key}"
        raise InvalidSetting(f"VAULT_CLIENT_CERT, VAULT_CLIENT_KEY: open {names}: {reason(error)}") from None
