"""What is taken of requests and urllib3: connections of our own, and trust that nothing ambient adds to."""

import ssl
from collections.abc import Mapping
from typing import Any

from requests.adapters import HTTPAdapter


class ContextAdapter(HTTPAdapter):
    """An adapter whose connections are those of `pools`, urllib3's by scheme, and whose TLS is that of `context`."""

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
        """The context says whom to trust; requests' own bundle is not added to it."""


class Unwarned:
    """A pool without urllib3's warning: that a certificate is not checked is the operator's decision."""

    def _validate_conn(self, conn: Any) -> None:
        if conn.is_closed:
            conn.connect()


def seconds(timeout: Any) -> float:
    """Return the timeout of a connection that is being made."""
    return float(timeout)
