"""An hvac client without ambient authority: no netrc, proxy, CA or token from the environment; it follows no redirect.

A redirect would carry the token to whatever host Vault's answer names.
"""

import hvac
import requests


def new_client(
    address: str,
    *,
    ca_file: str,
    skip_verify: bool = False,
    namespace: str = "",
    token: str = "",
    timeout_s: float,
) -> hvac.Client:
    """Return a client of the Vault at `address`; without `ca_file` the system's CAs are trusted."""
    session = requests.Session()
    session.trust_env = False
    session.verify = False if skip_verify else ca_file or True
    return hvac.Client(
        url=address,
        token=token,
        namespace=namespace or None,
        session=session,
        timeout=timeout_s,
        allow_redirects=False,
    )
