"""The part of the API server that logins need."""

from collections.abc import Mapping
from typing import Any, Protocol

from vaultkube.deadline import Deadline


class Source(Protocol):
    """Reads objects and creates tokens of ServiceAccounts for logins: `vaultkube.apiserver.client.Cluster`."""

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> Mapping[str, Any] | None: ...

    def create_token(
        self, namespace: str, service_account: str, audiences: list[str], deadline: Deadline
    ) -> str | None: ...
