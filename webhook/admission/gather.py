"""The facts that decisions need: each is fetched once, many at the same time, under the admission's deadline."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded
from vaultkube.documents.utf8 import utf8
from vaultkube.errors import (
    ClusterUnavailable,
    ImageNotRead,
    MissingRight,
    Refused,
    RegistryUnavailable,
    Unavailable,
    VaultUnavailable,
)
from vaultkube.vault.login import Resolution
from vaultkube.wire.objects import KubernetesObject
from webhook.admission.needs import (
    AccessReview,
    AccountPullSecrets,
    ImageConfigs,
    Need,
    PullSecrets,
    SecretObject,
    SourceValues,
    Steps,
    advance,
)
from webhook.admission.review import Decision
from webhook.admission.services import Cluster, Registry, Services
from webhook.pods.facts import Source, Values
from webhook.registry.credentials import read_pull_secret
from webhook.registry.query import ImageConfig, ImageQuery, PullSecret

Key = TypeVar("Key")
Found = TypeVar("Found")

_MOST_IN_PARALLEL = 8
_RESOLVING = "objects"
_LONG = "long work"
_ACCOUNT_BUDGET_S = 1.0
_GRACE_S = 0.5
"""Extra wait for fetches that enforce the deadline themselves: their error is more precise than ours."""
_POLICIES = ("Never", "IfNotPresent", "Always")
"""Pull policies, sorted by how fresh the registry's answer must be."""


def begin_long(
    steps: Steps[Decision], services: Services, namespace: str, deadline: Deadline
) -> Need | Decision:
    """Return the first need of a decision that takes more than a moment of computing.

    Raises Unavailable while too many such decisions run, in total or for this namespace.
    """
    busy = Unavailable("too many large objects are being reviewed at the same time; try again")
    with services.long_work.entered(_LONG, namespace, deadline.remaining_s(), busy):
        return advance(steps.__next__)


def finish(steps: Steps[Decision], need: Need | Decision, services: Services, deadline: Deadline) -> Decision:
    """Return the decision after all of its needs are fetched, `need` first."""
    while not isinstance(need, Decision):
        try:
            with services.waiting(type(need).__name__):
                found = fetch(need, services, deadline)
        except Refused as refusal:
            need = advance(partial(steps.throw, refusal))
        else:
            need = advance(partial(steps.send, found))
    return need


def fetch(need: Need, services: Services, deadline: Deadline) -> Any:
    """Return the value that the need's docstring names; a Refused says why it cannot be fetched."""
    match need:
        case SourceValues(namespace, sources):
            return gather_sources(services.cluster, sources, namespace, deadline)
        case AccountPullSecrets(namespace, account):
            return find_account_pull_secrets(services.cluster, namespace, account, deadline)
        case PullSecrets(names):
            return gather_pull_secrets(services.cluster, names, deadline)
        case ImageConfigs(queries):
            return gather_images(services.registry, queries, deadline)
        case SecretObject(namespace, name):
            return services.cluster.get("Secret", namespace, name, deadline)
        case AccessReview(user_info, right):
            return services.cluster.is_allowed(user_info, right, deadline)
        case Resolution():
            return resolve(services, need, deadline)


def resolve(services: Services, need: Resolution, deadline: Deadline) -> dict[str, bytes | None]:
    """Return the resolved values.

    Raises VaultUnavailable while too many objects are being resolved, in total or for this namespace.
    """
    namespace = need.login.namespace
    busy = VaultUnavailable("too many objects are being resolved at the same time; try again")
    with services.resolving.entered(_RESOLVING, namespace, deadline.remaining_s(), busy):
        return services.vault.resolve(need, deadline)


def gather_sources(
    cluster: Cluster, sources: Iterable[Source], namespace: str, deadline: Deadline
) -> dict[Source, Values]:
    """Return the values of the ConfigMaps and Secrets that exist, by source.

    Raises ClusterUnavailable or MissingRight for facts that cannot be read.
    """

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

    An empty list if the ServiceAccount cannot be read within a second: if a pull secret is missing then, the registry's
    answer is the better message.
    """
    short = Deadline(min(_ACCOUNT_BUDGET_S, deadline.remaining_s()))
    try:
        document = cluster.get("ServiceAccount", namespace, account, short) or {}
    except (ClusterUnavailable, MissingRight):
        return []
    return [
        (namespace, entry["name"]) for entry in document.get("imagePullSecrets") or () if entry.get("name")
    ]


def gather_images(
    registry: Registry, queries: Mapping[str, ImageQuery], deadline: Deadline
) -> dict[str, ImageConfig]:
    """Return the configuration of each image by its name.

    Raises ImageNotRead, which names every container whose image cannot be read. `queries` has a query for each
    container, by the container's name; those with the same image share the one that wants the freshest answer.
    """
    containers: dict[str, list[str]] = {}
    for container, query in queries.items():
        containers.setdefault(query.image, []).append(container)

    def fetch(image: str) -> ImageConfig | ImageNotRead:
        query = max((queries[container] for container in containers[image]), key=_freshness)
        try:
            return registry.fetch(query, deadline)
        except ImageNotRead as error:
            kind = RegistryUnavailable if isinstance(error, Unavailable) else ImageNotRead
            return kind(f"{error} (container {', '.join(containers[image])})")

    found = _in_parallel(fetch, containers, deadline)
    failures = [answer for answer in found.values() if isinstance(answer, ImageNotRead)]
    if failures:
        may_do_later = all(isinstance(failure, Unavailable) for failure in failures)
        kind = RegistryUnavailable if may_do_later else ImageNotRead
        raise kind("; ".join(map(str, failures)))
    return {image: answer for image, answer in found.items() if isinstance(answer, ImageConfig)}


def _freshness(query: ImageQuery) -> int:
    return _POLICIES.index(query.pull_policy) if query.pull_policy in _POLICIES else 1


def _in_parallel(fetch: Callable[[Key], Found], keys: Iterable[Key], deadline: Deadline) -> dict[Key, Found]:
    order = list(dict.fromkeys(keys))
    if len(order) < 2:
        return {key: fetch(key) for key in order}
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


def _values(kind: str, document: KubernetesObject) -> Values:
    if kind == "ConfigMap":
        return {key: utf8(str(text)) for key, text in (document.get("data") or {}).items()}
    return {key: decoded(text) or b"" for key, text in (document.get("data") or {}).items()}
