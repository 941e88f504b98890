"""The address of a server, the CA that verifies it, and its administrator's token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.servers.authority import with_key_usage

_TIMEOUT_S = 60.0  # a busy machine


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The facts about a server that tests need."""

    address: str
    """`https://host:port`, without a path."""
    ca_file: Path
    token: str = field(default="", repr=False)
    """The administrator's; empty where there is none."""

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Send a GET without authentication."""
        return self.request("GET", path, headers=headers)

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send one HTTPS request (options of `requests.request`), and return the answer, whatever its status."""
        options = {
            "verify": str(with_key_usage(self.ca_file)),
            "timeout": _TIMEOUT_S,
            "allow_redirects": False,
            **options,
        }
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.address + path, **options)

    def answers(self, path: str, *statuses: int) -> bool:
        """Return whether a GET of `path` is answered with one of the statuses (200 when none is given)."""
        try:
            return self.get(path).status_code in (statuses or (200,))
        except requests.RequestException:
            return False
