"""The failure of a request to Vault, in words that show nothing of it."""

import requests


def cause_of(error: Exception) -> str:
    """Return the kind of failure, without the address and header values that urllib3 may quote."""
    if isinstance(error, requests.exceptions.SSLError):
        return "x509: Vault's certificate is not trusted"
    if isinstance(error, requests.Timeout):
        return "Vault did not answer in time"
    return "no whole answer came"
