"""Facts about an installation, as the API server told them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from vaultkube.apiserver.access import Right


class Answer(NamedTuple):
    """The API server's answer to a dry run: its status, and the object as it would be stored, or a Status that says why not."""

    status: int
    document: Mapping[str, Any]

    @property
    def is_accepted(self) -> bool:
        """Whether the object would be stored."""
        return self.status in (200, 201)

    @property
    def message(self) -> str:
        """The reason why the object would not be stored."""
        return str(self.document.get("message") or f"the API server answered {self.status}")


class Hidden(Enum):
    """Stands for an object that the person who asks may not read."""

    HIDDEN = "you may not read"


Found = Mapping[str, Any] | Hidden | None
"""An object as it was read; None stands for one that does not exist."""


@dataclass(frozen=True)
class Place:
    """The installation that is asked about, and the namespace whose pods it serves.

    `role`, `mount` and `address` are the annotations vault-role, vault-path and vault-addr that pods there have; empty: none.
    """

    webhook_namespace: str
    webhook_name: str
    service_account: str
    namespace: str
    pods_account: str = "default"
    role: str = ""
    mount: str = ""
    address: str = ""
    image: str = ""


@dataclass(frozen=True)
class Token:
    """The claims of a token of the namespace's ServiceAccount, and when it was asked for, in seconds since 1970."""

    claims: Mapping[str, Any]
    requested_at: float


@dataclass(frozen=True)
class Facts:
    """The answers to all questions."""

    place: Place
    configuration: Found
    service: Found
    deployment: Found
    account: Found
    rights: Mapping[Right, bool]
    plain: Answer
    """To a Secret without references."""
    secret: Answer
    """To a Secret with one."""
    pod: Answer
    """To a pod with one."""
    token: Token | None
