"""The cause of a failed request to Vault, in words that show no part of the request."""

import requests

from vaultkube.net.dial import DialError
from vaultkube.net.failures import causes, verification_problem

_LATE = "Vault did not answer in time"
_NOT_CONNECTED = {
    "Connection refused": "connection refused",
    "has no address": "no such host",
    "timed out": _LATE,
}
"""Words in the text of a DialError, and the cause without the addresses in it; they are those of Go, which people search for."""


def cause_of(error: Exception) -> str:
    """Return the kind of failure, without the address and header values that urllib3 may quote."""
    if isinstance(error, requests.exceptions.SSLError):
        problem = verification_problem(error)
        return "x509: Vault's certificate is not trusted" + (f" ({problem})" if problem else "")
    if isinstance(error, requests.Timeout):
        return _LATE
    dialled = " ".join(str(each) for each in causes(error) if isinstance(each, DialError))
    known = (cause for words, cause in _NOT_CONNECTED.items() if words in dialled)
    return next(known, "no whole answer came")
