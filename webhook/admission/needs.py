"""Needs: the facts from outside that a decision requests, each with the type of its answer.

A decision is a generator that does no I/O itself: it yields a need and is sent the fact. `gather.fetch` gets each fact
in production, a test sends facts of its own, and the thread that watches connections runs a decision up to its first
need.
"""

from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple, TypeVar

from vaultkube.apiserver.access import Right
from vaultkube.vault.login import Resolution
from vaultkube.wire.reviews import UserInfo
from webhook.admission.review import Decision
from webhook.pods.facts import Source
from webhook.registry.query import ImageQuery


class SourceValues(NamedTuple):
    """Values of the ConfigMaps and Secrets that exist: `dict[Source, Values]`."""

    namespace: str
    sources: tuple[Source, ...]


class AccountPullSecrets(NamedTuple):
    """Namespace and name of each pull secret of a ServiceAccount: `list[tuple[str, str]]`."""

    namespace: str
    account: str


class PullSecrets(NamedTuple):
    """Pull secrets that exist among those with these namespaces and names, in order: `tuple[PullSecret, ...]`."""

    names: tuple[tuple[str, str], ...]


class ImageConfigs(NamedTuple):
    """Configuration of each image by its name: `dict[str, ImageConfig]`.

    There is a query for each container, by its name.
    """

    queries: Mapping[str, ImageQuery]


class SecretObject(NamedTuple):
    """A Secret, or None if it does not exist: `Secret | None`."""

    namespace: str
    name: str


class AccessReview(NamedTuple):
    """Whether the user has the right: `bool`."""

    user_info: UserInfo
    right: Right


Need = (
    SourceValues | AccountPullSecrets | PullSecrets | ImageConfigs | SecretObject | AccessReview | Resolution
)
"""The answer to a Resolution is its values: `dict[str, bytes | None]`."""

Result = TypeVar("Result")
Steps = Generator[Need, Any, Result]
"""A generator that yields needs, is sent the fact for each or thrown a Refused, and returns its result."""


def advance(step: Callable[[], Need]) -> Need | Decision:
    """Run a decision up to its next need, and return that need, or the decision at its end.

    `step` is `steps.__next__`, or `send` or `throw` with its argument.
    """
    try:
        return step()
    except StopIteration as end:
        decision: Decision = end.value
        return decision
