"""An hvac client without ambient authority: no netrc, proxy, CA or token from the environment; it follows no redirect.

A redirect would carry the token to whatever host Vault's answer names.
"""

from collections.abc import Callable

import hvac
import requests

from vaultkube.net.bounded import BoundedAdapter, bounded_context
from vaultkube.net.room import Room

ANSWERS_BYTES = 4 << 20
"""What all answers to one client may take in memory: several times what the largest object can hold."""


def new_client(
    address: str,
    *,
    ca: str,
    skip_verify: bool = False,
    namespace: str = "",
    token: str = "",
    remaining_s: Callable[[], float],
    room: Room | None = None,
) -> hvac.Client:
    """Return a client of the Vault at `address`, which trusts the certificates in PEM of `ca`, else the system's.

    `remaining_s` says how long each exchange may last, and is asked when it begins; all answers share `room`. Raises ssl.SSLError or ValueError
    if `ca` holds no certificate.
    """
    session = requests.Session()
    session.trust_env = False
    adapter = BoundedAdapter(
        bounded_context(ca, skip_verify=skip_verify), remaining_s, room or Room(ANSWERS_BYTES)
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return hvac.Client(
        url=address, token=token, namespace=namespace or None, session=session, allow_redirects=False
    )
