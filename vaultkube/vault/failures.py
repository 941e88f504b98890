"""The cause of a failed request to Vault, in words that show no part of the request."""

import requests


def cause_of(error: Exception) -> str:
    """Return the kind of failure, without the address and header values that urllib3 may quote."""
    if isinstance(error, requests.exceptions.SSLError):
        return "x509: Vault's certificate is not trusted"
    if isinstance(error, requests.Timeout):
        return "Vault did not answer in time"
    return "no whole answer came"
