"""Exceptions of the network as RegistryFailures: a kind for people; host and phase for the log."""

import ssl
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

from urllib3.exceptions import InvalidHeader
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from vaultkube.net.failures import causes, verification_problem
from webhook.registry.failures import Kind, RegistryFailure

_CUT_SHORT = (RemoteDisconnected, IncompleteRead)


def from_exception(
    error: Exception, address: str, phase: str, *, is_retryable: bool = False
) -> RegistryFailure:
    """Return the failure; `address` is HOST:PORT. With `is_retryable`, the same request may well succeed at once."""
    chain = causes(error)
    place = f"{address}: {phase}"
    untrusted = verification_problem(error)
    if untrusted:
        return RegistryFailure(
            Kind.UNTRUSTED_CERTIFICATE, f"{place}: the certificate is not trusted: {untrusted}"
        )
    if any(_no_http(cause) for cause in chain):
        return RegistryFailure(Kind.INVALID_ANSWER, f"{place}: this is not valid HTTP: {_name(chain)}")
    if any(isinstance(cause, (TimeoutError, Urllib3Timeout)) for cause in chain):
        return RegistryFailure(Kind.UNREACHABLE, f"{place}: timed out", transient=is_retryable)
    transient = is_retryable or not any(isinstance(cause, ssl.SSLError) for cause in chain)
    return RegistryFailure(Kind.UNREACHABLE, f"{place}: {_name(chain)}", transient=transient)


def _no_http(cause: BaseException) -> bool:
    if isinstance(cause, _CUT_SHORT):
        return False
    return isinstance(cause, (HTTPException, InvalidHeader, UnicodeError)) or type(cause) is ValueError


def _name(chain: list[BaseException]) -> str:
    """Return the class of the innermost error. Its text may contain text of the server, OpenSSL's reason does not."""
    last = chain[-1]
    reason = f" {last.reason}" if isinstance(last, ssl.SSLError) and last.reason else ""
    return type(last).__name__ + reason
