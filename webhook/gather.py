"""The facts that decisions need, each fetched once, at the same time, under the admission's deadline."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from webhook.deadline import Deadline
from webhook.encoding import decoded
from webhook.errors import ClusterUnavailable, ImageNotRead
from webhook.facts import Source, Values
from webhook.registry.query import ImageConfig, ImageQuery, PullSecret

Key = TypeVar("Key")
Found = TypeVar("Found")

_AT_ONCE = 8
_ACCOUNT_BUDGET_S = 1.0
_PULL_SECRET_KEYS = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
}


class Cluster(Protocol):
    """The Kubernetes API: `webhook.cluster.Cluster`."""

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

    found = _at_once(fetch, sources, deadline)
    return {source: values for source, values in found.items() if values is not None}


def gather_pull_secrets(
    cluster: Cluster, names: Iterable[tuple[str, str]], deadline: Deadline
) -> tuple[PullSecret, ...]:
    """Return the pull secrets that exist among (namespace, name), in that order."""
    order = list(dict.fromkeys(names))
    found = _at_once(lambda place: cluster.get("Secret", place[0], place[1], deadline), order, deadline)
    secrets = (_pull_secret(place, found[place]) for place in order)
    return tuple(secret for secret in secrets if secret is not None)


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
    """Return the configuration of each image by its name; ImageNotRead names every image that cannot be read.

    `queries` has a query for each container, by the container's name.
    """
    by_image = {query.image: query for query in queries.values()}

    def fetch(image: str) -> ImageConfig | ImageNotRead:
        try:
            return registry.fetch(by_image[image], deadline)
        except ImageNotRead as error:
            return error

    found = _at_once(fetch, by_image, deadline)
    problems = [
        f"{error} (container {', '.join(name for name, query in queries.items() if query.image == image)})"
        for image, error in found.items()
        if isinstance(error, ImageNotRead)
    ]
    if problems:
        raise ImageNotRead("; ".join(problems))
    return {image: config for image, config in found.items() if isinstance(config, ImageConfig)}


def _at_once(fetch: Callable[[Key], Found], keys: Iterable[Key], deadline: Deadline) -> dict[Key, Found]:
    order = list(dict.fromkeys(keys))
    if len(order) < 2:
        return {key: fetch(key) for key in order}
    pool = ThreadPoolExecutor(min(_AT_ONCE, len(order)))
    try:
        pending = {key: pool.submit(fetch, key) for key in order}
        return {key: _result(future, deadline) for key, future in pending.items()}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _result(future: "Future[Found]", deadline: Deadline) -> Found:
    try:
        return future.result(deadline.remaining_s())
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


def _pull_secret(place: tuple[str, str], document: Mapping[str, Any] | None) -> PullSecret | None:
    if document is None:
        return None
    kind = str(document.get("type") or "")
    key = _PULL_SECRET_KEYS.get(kind, "")
    return PullSecret(*place, kind, decoded((document.get("data") or {}).get(key)) or b"")
