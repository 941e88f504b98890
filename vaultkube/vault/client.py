"""An hvac client without ambient authority: no netrc, proxy, CA or token from the environment; it follows no redirect.

A redirect would carry the token to whatever host Vault's answer names.
"""

import ssl
from collections.abc import Callable
from functools import lru_cache

import hvac
import requests

from vaultkube.net.bounded import BoundedAdapter
from vaultkube.net.room import Room
from vaultkube.net.tls import client_context

ANSWERS_BYTES = 4 << 20
"""Bound on the memory of all answers to one client: several times what the largest object can hold."""


def new_client(
    address: str,
    *,
    ca: str,
    skip_verify: bool = False,
    strict: bool = False,
    namespace: str = "",
    token: str = "",
    remaining_s: Callable[[], float],
    room: Room | None = None,
) -> hvac.Client:
    """Return a client of the Vault at `address`, which trusts the certificates in PEM of `ca`, else the system's.

    `remaining_s` is called when an exchange begins, for the time it may take; all answers share `room`; `strict` verifies by
    all of RFC 5280. Raises ssl.SSLError or ValueError if `ca` holds no certificate.
    """
    session = requests.Session()
    session.trust_env = False
    adapter = BoundedAdapter(_context(ca, skip_verify, strict), remaining_s, room or Room(ANSWERS_BYTES))
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return hvac.Client(
        url=address, token=token, namespace=namespace or None, session=session, allow_redirects=False
    )


@lru_cache(maxsize=16)
def _context(ca: str, skip_verify: bool, strict: bool) -> ssl.SSLContext:
    return client_context(ca, verify=not skip_verify, strict=strict)
