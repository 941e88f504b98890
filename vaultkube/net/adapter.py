"""A requests adapter with its own connection pools and one fixed SSLContext.

It ignores proxies, netrc and REQUESTS_CA_BUNDLE.
"""

import ssl
from collections.abc import Mapping
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool


class ContextAdapter(HTTPAdapter):
    """Sends requests over connections of `pools`, urllib3's pool classes by scheme, with the TLS of `context`.

    `server_name` is the name that certificates must have; if empty, the host of the address.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        pools: Mapping[str, type[Any]],
        *,
        server_name: str = "",
        **options: Any,
    ) -> None:
        self._context = context
        self._server_name = server_name
        self._pools = pools
        super().__init__(**options)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = dict(self._pools)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, True, None)
        if host["scheme"] != "https":
            return host, {}
        name = {"server_hostname": self._server_name} if self._server_name else {}
        return host, {"ssl_context": self._context, **name}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: requests would add its own bundle to the CAs of the context."""


class QuietPool(HTTPConnectionPool):
    """A pool without urllib3's warning about certificates that are not verified, as the operator has chosen that."""

    def _validate_conn(self, conn: Any) -> None:
        if conn.is_closed:
            conn.connect()
