"""Facts about an installation, from answers of the API server. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from vaultkube.apiserver.access import Right


class Answer(NamedTuple):
    """The API server's answer to a dry run: its status code, and the object that would be stored, or a Status."""

    status: int
    document: Mapping[str, Any]

    @property
    def is_accepted(self) -> bool:
        """Return whether the object would be stored."""
        return self.status in (200, 201)

    @property
    def message(self) -> str:
        """Return the reason why the object would not be stored."""
        return str(self.document.get("message") or f"the API server answered {self.status}")


class Hidden(Enum):
    """Stands for an object that the person who asks may not read."""

    HIDDEN = "you may not read"


Found = Mapping[str, Any] | Hidden | None
"""An object as it was read; None stands for one that does not exist."""


@dataclass(frozen=True)
class Place:
    """The installation to examine, and a namespace whose pods it serves.

    `role`, `mount` and `address` are the annotations vault-role, vault-path and vault-addr of pods there, empty if pods
    have none.
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
    """The claims of a token of the namespace's ServiceAccount, and the time of the request in seconds since 1970."""

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
    """The answer for a Secret without references."""
    secret: Answer
    """The answer for a Secret with a reference."""
    pod: Answer
    """The answer for a pod with a reference."""
    token: Token | None
