"""An hvac client that uses no netrc, proxy, CA or token from the environment, and follows no redirect.

A redirect would send the token to any host that Vault's answer names.
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
"""Memory limit for all answers to one client: several times the largest object."""


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

    `remaining_s` is called at the start of an exchange for its time limit; all answers share `room`; `strict` verifies all
    of RFC 5280. Raises ssl.SSLError or ValueError if `ca` holds no certificate.
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
