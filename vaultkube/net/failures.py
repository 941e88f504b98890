"""Causes of failed exchanges, inside the exceptions of requests and urllib3."""

import ssl


def causes(error: BaseException) -> list[BaseException]:
    """Return the error and the errors inside of it, the outermost first."""
    found: list[BaseException] = []
    pending = [error]
    while pending and len(found) < 16:
        current = pending.pop(0)
        found.append(current)
        inner = [*current.args, getattr(current, "reason", None), current.__cause__]
        pending += [item for item in inner if isinstance(item, BaseException) and item not in found]
    return found


def verification_problem(error: BaseException) -> str:
    """Return OpenSSL's reason if the server's certificate was not accepted, else an empty text."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
    return ""
