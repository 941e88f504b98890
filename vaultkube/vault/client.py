"""An hvac client without ambient authority: no netrc, proxy, CA or token from the environment; it follows no redirect.

A redirect would carry the token to whatever host Vault's answer names.
"""

import ssl
from collections.abc import Callable
from functools import lru_cache

import hvac
import requests

from vaultkube.net.bounded import BoundedAdapter
from vaultkube.net.tls import client_context

ANSWER_LIMIT = 16 << 20
"""Bytes; as much as vault-env reads."""


def new_client(
    address: str,
    *,
    ca: str,
    skip_verify: bool = False,
    strict: bool = False,
    namespace: str = "",
    token: str = "",
    remaining_s: Callable[[], float],
) -> hvac.Client:
    """Return a client of the Vault at `address`, which trusts the certificates in PEM of `ca`, else the system's.

    `remaining_s` is called when an exchange begins, for the time it may take; `strict` verifies by all of RFC 5280.
    Raises ssl.SSLError or ValueError if `ca` holds no certificate.
    """
    session = requests.Session()
    session.trust_env = False
    adapter = BoundedAdapter(_context(ca, skip_verify, strict), remaining_s, ANSWER_LIMIT)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return hvac.Client(
        url=address, token=token, namespace=namespace or None, session=session, allow_redirects=False
    )


@lru_cache(maxsize=16)
def _context(ca: str, skip_verify: bool, strict: bool) -> ssl.SSLContext:
    return client_context(ca, verify=not skip_verify, strict=strict)
