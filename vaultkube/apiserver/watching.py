"""Watches: the changes of a list, received as one JSON object a line, on a connection of their own.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import requests
import urllib3
from urllib3.exceptions import HTTPError

from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.errors import ClusterUnavailable
from vaultkube.net.adapter import ContextAdapter
from vaultkube.net.dial import dial
from vaultkube.net.keepalive import pools

_PIECE_BYTES = 1 << 14
_LONGEST_LINE = 10 << 20
"""More than the largest object: etcd limits it to 1.5 MiB, and JSON may escape a character such as `<` as six."""
_GRACE_S = 15
_POOLS = pools(dial)


class Change(NamedTuple):
    """A line of a watch: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR, with the object or, for an error, its Status."""

    type: str
    document: Mapping[str, Any]


def watch(
    connection: Connection,
    path: str,
    query: Mapping[str, str],
    accept: str,
    lasts_s: int,
    begun: Callable[[], None] = lambda: None,
) -> Iterator[Change]:
    """Yield the changes of a list since `query["resourceVersion"]`, for `lasts_s` seconds; raise ClusterUnavailable.

    `begun` is called when the API server has begun to answer, which may be long before the first change.
    """
    text = urlencode(
        {**query, "watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(lasts_s)}
    )
    try:
        request = requests.Request(
            "GET",
            f"{connection.server}{path}?{text}",
            headers={**connection.headers(), "Accept": accept, "Accept-Encoding": "identity"},
        ).prepare()
        adapter = ContextAdapter(connection.tls_context(), _POOLS, server_name=connection.server_name)
        try:
            total = urllib3.Timeout(total=lasts_s + _GRACE_S)
            response = adapter.send(request, True, total)  # type: ignore[arg-type]  # requests takes it
            if response.status_code != 200:
                yield Change("ERROR", {"code": response.status_code})
                return
            begun()
            yield from _changes(response)
        finally:
            adapter.close()
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        raise ClusterUnavailable(
            f"the watch of {path} ended ({type(error).__name__}); it is begun again"
        ) from error


def _changes(response: requests.Response) -> Iterator[Change]:
    rest = bytearray()
    while piece := response.raw.read1(_PIECE_BYTES):
        rest += piece
        if len(rest) > _LONGEST_LINE:
            raise ValueError("a line is too long")
        if b"\n" not in piece:
            continue
        *lines, last = bytes(rest).split(b"\n")
        rest = bytearray(last)
        for line in filter(None, lines):
            document = json.loads(line)
            yield Change(document["type"], document["object"])
