"""Facts from outside that a decision yields a need for, and is sent.

A decision is a generator that does no I/O itself: `gather.fetch` meets each need in production, a test sends facts of its
own, and the thread that watches connections runs a decision as far as it goes without a need.
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
    """Pull secrets that exist among those of this namespace and name, in order: `tuple[PullSecret, ...]`."""

    names: tuple[tuple[str, str], ...]


class ImageConfigs(NamedTuple):
    """Configuration of each image by its name: `dict[str, ImageConfig]`; a query for each container's name."""

    queries: Mapping[str, ImageQuery]


class SecretObject(NamedTuple):
    """A Secret, or None where there is none: `Secret | None`."""

    namespace: str
    name: str


class AccessReview(NamedTuple):
    """Whether the user has the right: `bool`."""

    user_info: UserInfo
    right: Right


Need = (
    SourceValues | AccountPullSecrets | PullSecrets | ImageConfigs | SecretObject | AccessReview | Resolution
)
"""A Resolution brings its values: `dict[str, bytes | None]`."""

Result = TypeVar("Result")
Steps = Generator[Need, Any, Result]
"""Yields needs, is sent what each names or thrown a Refused, and returns its result."""


def advance(step: Callable[[], Need]) -> Need | Decision:
    """Take one step of a decision, `steps.__next__`, or `send` or `throw` with an argument; return its next need, or it."""
    try:
        return step()
    except StopIteration as end:
        decision: Decision = end.value
        return decision
