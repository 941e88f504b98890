"""Failures of an exchange with Vault, in the words of Go's net package, which people search for."""

from __future__ import annotations

from _socket import gaierror
from _ssl import SSLCertVerificationError, SSLEOFError, SSLError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.client.address import Address
    from vaultenv.client.tls import Tls

# Verification results of OpenSSL (x509_vfy.h): the certificate's dates, its issuer, its names.
_DATES = (9, 10)
_NAMES = (62, 64)
_REMEDIES = {
    "unknown authority": "Vault's CA certificate is missing: install ca-certificates in the image, or name "
    "it with VAULT_CACERT (annotation vault-tls-secret)",
    "dates": "renew Vault's certificate, or set the clock of this node",
    "names": "use a name of the certificate in VAULT_ADDR, or set VAULT_TLS_SERVER_NAME",
    "server name": "write a name of the certificate into VAULT_TLS_SERVER_NAME",
    "dial": "check the vault-addr annotation (VAULT_ADDR) and that Vault runs; a command that the webhook "
    "did not change has no VAULT_ADDR",
    "proxy": "check the proxy (VAULT_PROXY_ADDR, HTTPS_PROXY or HTTP_PROXY), or name Vault in NO_PROXY",
}


class WireFailure(Exception):
    """A request without an answer; with `sent` Vault may have received it, with `lasting` a repetition is useless."""

    def __init__(self, message: str, sent: bool, lasting: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.lasting = lasting


def dial_failure(address: Address, at: str, error: OSError) -> WireFailure:
    """Return the failure to connect; `at` is the numeric address that was tried, "" if the name did not resolve."""
    if isinstance(error, gaierror):
        return WireFailure(f"dial tcp: lookup {address.host}: no such host", sent=False)
    network = "unix" if address.scheme == "unix" else "tcp"
    return WireFailure(f"dial {network} {at}: {_reason(error)}", sent=False)


def with_remedy(failure: WireFailure, proxied: bool) -> WireFailure:
    """Return the failure of a dial with a remedy in its message."""
    if proxied:
        return WireFailure(f"proxyconnect tcp: {failure}: {_REMEDIES['proxy']}", sent=False)
    return WireFailure(f"{failure}: {_REMEDIES['dial']}", sent=False)


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "i/o timeout"
    import errno

    known = {errno.ECONNREFUSED: "connection refused", errno.ENETUNREACH: "network is unreachable"}
    return "connect: " + known.get(error.errno or 0, (error.strerror or "failed").lower())


def handshake_failure(address: Address, tls: Tls, error: OSError) -> WireFailure:
    """Return the failure of a TLS handshake, before any part of a request was sent."""
    if isinstance(error, SSLCertVerificationError):
        text = _verification(address, tls, error)
        return WireFailure(f"tls: failed to verify certificate: {text}", sent=False, lasting=True)
    if isinstance(error, SSLError) and getattr(error, "reason", "") in (
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
    ):
        text = "http: server gave HTTP response to HTTPS client: write http:// in VAULT_ADDR"
        return WireFailure(text, sent=False, lasting=True)
    if isinstance(error, TimeoutError):
        return WireFailure("net/http: TLS handshake timeout", sent=False)
    alert = getattr(error, "reason", None) or error.strerror or "connection closed"
    return WireFailure(f"tls: handshake failure: {str(alert).lower()}", sent=False)


def _verification(address: Address, tls: Tls, error: SSLCertVerificationError) -> str:
    if error.verify_code in _DATES:
        return f"x509: certificate has expired or is not yet valid: {_REMEDIES['dates']}"
    if error.verify_code in _NAMES:
        remedy = _REMEDIES["server name" if tls.server_name else "names"]
        return f"x509: certificate is not valid for {tls.server_name or address.host}: {remedy}"
    text = f"x509: certificate signed by unknown authority ({error.verify_message})"
    if tls.trusted_by:
        return (
            f"{text}: it does not come from the CA certificates in {tls.trusted_by}: put Vault's CA there "
            "(annotation vault-tls-secret)"
        )
    return f"{text}: {_REMEDIES['unknown authority']}"


def exchange_failure(error: OSError) -> WireFailure:
    """Return the failure of a request that may have reached Vault."""
    if isinstance(error, TimeoutError):
        return WireFailure(
            "context deadline exceeded while awaiting the answer (VAULT_CLIENT_TIMEOUT)", sent=True
        )
    if isinstance(error, SSLEOFError):
        return WireFailure("unexpected EOF", sent=True)
    return WireFailure(_reason(error).removeprefix("connect: "), sent=True)
