"""The pods of many tenants, and their creation over several keep-alive connections."""

import itertools
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

from bench.webhook.client import Load
from bench.webhook.pod import pod
from tests.servers.authority import with_key_usage
from tests.servers.endpoint import Endpoint

Body = tuple[str, bytes]
"""A namespace, and a pod for it as JSON."""


@dataclass(frozen=True, slots=True)
class Created(Load):
    """The seconds of each creation and of all together, and the number of refusals."""

    refused: int


def bodies(namespaces: Sequence[str], number: int, images: Sequence[str]) -> Iterator[Body]:
    """Yield pods of the namespaces in rotation, each with its own paths.

    Every fifth has no command, and one of the images.
    """
    without_command = itertools.cycle(images)
    for each, namespace in zip(range(number), itertools.cycle(namespaces), strict=False):
        image = next(without_command) if each % 5 == 0 else None
        yield namespace, _pod(namespace, image)


def plain(wanted: Iterable[Body]) -> Iterator[Body]:
    """Yield the pods without references, as the guard of `manifests/base` refuses references if no webhook answers."""
    return ((namespace, body.replace(b'"vault:', b'"text:')) for namespace, body in wanted)


def create(server: Endpoint, wanted: Sequence[Body], connections: int) -> Created:
    """Create the pods; each connection creates the next one as soon as it is free."""
    pending = iter(wanted)
    started = time.perf_counter()
    with ThreadPoolExecutor(connections) as threads:
        parts = list(threads.map(lambda _: _create_next(server, pending), range(connections)))
    took_s = time.perf_counter() - started
    latencies = [latency for part, _ in parts for latency in part]
    return Created(latencies, took_s, sum(refused for _, refused in parts))


def _create_next(server: Endpoint, pending: Iterator[Body]) -> tuple[list[float], int]:
    latencies, refused = [], 0
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(with_key_usage(server.ca_file))
        for namespace, body in pending:
            url = f"{server.address}/api/v1/namespaces/{namespace}/pods"
            started = time.perf_counter()
            answer = session.post(url, body, headers=headers, timeout=30)
            latencies.append(time.perf_counter() - started)
            refused += answer.status_code != 201
    return latencies, refused


def _pod(namespace: str, image: str | None) -> bytes:
    text = json.dumps(pod(), separators=(",", ":")).replace("data/shop/", f"data/{namespace}/")
    found = json.loads(text)
    metadata, spec = found["metadata"], found["spec"]
    metadata["namespace"] = namespace
    metadata["annotations"]["vault.security.banzaicloud.io/vault-role"] = namespace
    spec["serviceAccountName"] = spec["serviceAccount"] = "default"
    del spec["priority"], spec["preemptionPolicy"]
    if image:
        container = spec["containers"][0]
        container["image"] = image
        del container["command"]
    return json.dumps(found, separators=(",", ":")).encode()
