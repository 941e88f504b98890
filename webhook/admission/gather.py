"""The facts that decisions need, each fetched once, at the same time, under the admission's deadline."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded
from vaultkube.errors import ClusterUnavailable, ImageNotRead
from webhook.pods.facts import Source, Values
from webhook.registry.credentials import read_pull_secret
from webhook.registry.query import ImageConfig, ImageQuery, PullSecret

Key = TypeVar("Key")
Found = TypeVar("Found")

_MOST_IN_PARALLEL = 8
_ACCOUNT_BUDGET_S = 1.0
_GRACE_S = 0.5
"""What fetches keep to the deadline by themselves, and have more to say of it then, get to say it."""
_POLICIES = ("Never", "IfNotPresent", "Always")
"""Pull policies by how fresh the answer must be."""


class Cluster(Protocol):
    """The Kubernetes API: `vaultkube.apiserver.client.Cluster`."""

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> Mapping[str, Any] | None: ...

    def ready(self, deadline: Deadline) -> bool: ...


class Registry(Protocol):
    """Image registries: `webhook.registry.client.RegistryClient`."""

    def fetch(self, query: ImageQuery, deadline: Deadline) -> ImageConfig: ...


def gather_sources(
    cluster: Cluster, sources: Iterable[Source], namespace: str, deadline: Deadline
) -> dict[Source, Values]:
    """Return the values of the ConfigMaps and Secrets that exist, by source; ClusterUnavailable otherwise."""

    def fetch(source: Source) -> Values | None:
        document = cluster.get(source.kind, namespace, source.name, deadline)
        return None if document is None else _values(source.kind, document)

    found = _in_parallel(fetch, sources, deadline)
    return {source: values for source, values in found.items() if values is not None}


def gather_pull_secrets(
    cluster: Cluster, names: Iterable[tuple[str, str]], deadline: Deadline
) -> tuple[PullSecret, ...]:
    """Return the pull secrets that exist among (namespace, name), in that order."""

    def fetch(place: tuple[str, str]) -> PullSecret | None:
        secret = read_pull_secret(cluster.get("Secret", *place, deadline) or {})
        return secret and replace(secret, namespace=place[0], name=place[1])

    found = _in_parallel(fetch, names, deadline)
    return tuple(secret for secret in found.values() if secret is not None)


def find_account_pull_secrets(
    cluster: Cluster, namespace: str, account: str, deadline: Deadline
) -> list[tuple[str, str]]:
    """Return namespace and name of the ServiceAccount's pull secrets, which the API server copies into pods.

    None if it cannot be read within a second: what is missing then, the registry's answer tells better.
    """
    short = Deadline(min(_ACCOUNT_BUDGET_S, deadline.remaining_s()))
    try:
        document = cluster.get("ServiceAccount", namespace, account, short) or {}
    except ClusterUnavailable:
        return []
    return [
        (namespace, entry["name"]) for entry in document.get("imagePullSecrets") or () if entry.get("name")
    ]


def gather_images(
    registry: Registry, queries: Mapping[str, ImageQuery], deadline: Deadline
) -> dict[str, ImageConfig]:
    """Return the configuration of each image by its name; ImageNotRead names every container whose cannot be read.

    `queries` has a query for each container, by the container's name; those with the same image share the one that
    wants the freshest answer.
    """
    containers: dict[str, list[str]] = {}
    for container, query in queries.items():
        containers.setdefault(query.image, []).append(container)

    def fetch(image: str) -> ImageConfig | ImageNotRead:
        query = max((queries[container] for container in containers[image]), key=_freshness)
        try:
            return registry.fetch(query, deadline)
        except ImageNotRead as error:
            return ImageNotRead(f"{error} (container {', '.join(containers[image])})")

    found = _in_parallel(fetch, containers, deadline)
    problems = [str(answer) for answer in found.values() if isinstance(answer, ImageNotRead)]
    if problems:
        raise ImageNotRead("; ".join(problems))
    return {image: answer for image, answer in found.items() if isinstance(answer, ImageConfig)}


def _freshness(query: ImageQuery) -> int:
    return _POLICIES.index(query.pull_policy) if query.pull_policy in _POLICIES else 1


def _in_parallel(fetch: Callable[[Key], Found], keys: Iterable[Key], deadline: Deadline) -> dict[Key, Found]:
    order = list(dict.fromkeys(keys))
    if len(order) < 2:
        return {key: fetch(key) for key in order}
    deadline.remaining_s()  # where nothing may be waited for, no threads are made for it
    pool = ThreadPoolExecutor(min(_MOST_IN_PARALLEL, len(order)))
    try:
        pending = {key: pool.submit(fetch, key) for key in order}
        return {key: _result(future, deadline) for key, future in pending.items()}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _result(future: "Future[Found]", deadline: Deadline) -> Found:
    try:
        return future.result(deadline.remaining_s() + _GRACE_S)
    except TimeoutError:
        raise ClusterUnavailable(
            "the facts that the decision needs did not arrive in time; try again"
        ) from None


def _values(kind: str, document: Mapping[str, Any]) -> Values:
    if kind == "ConfigMap":
        return {
            key: str(text).encode("utf-8", "surrogatepass")
            for key, text in (document.get("data") or {}).items()
        }
    return {key: decoded(text) or b"" for key, text in (document.get("data") or {}).items()}
