"""A requests adapter that dials with given pools and verifies with one fixed SSLContext.

It ignores proxies, netrc and REQUESTS_CA_BUNDLE.
"""

import ssl
from collections.abc import Mapping
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool


class ContextAdapter(HTTPAdapter):
    """Sends requests over connections of `pools`, urllib3's pool classes by scheme, with the TLS of `context`."""

    def __init__(self, context: ssl.SSLContext, pools: Mapping[str, type[Any]], **options: Any) -> None:
        self._context = context
        self._pools = pools
        super().__init__(**options)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = dict(self._pools)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, True, None)
        return host, {"ssl_context": self._context} if host["scheme"] == "https" else {}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Add nothing to the CAs of the context: requests would add its own bundle."""


class QuietPool(HTTPConnectionPool):
    """A pool without urllib3's warning about certificates that are not verified: the operator decided that."""

    def _validate_conn(self, conn: Any) -> None:
        if conn.is_closed:
            conn.connect()
