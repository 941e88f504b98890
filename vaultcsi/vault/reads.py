"""Reads: a request of a class, sent with a token; the result is a JSON object or an error with a remedy."""

from operator import itemgetter
from typing import Any
from urllib.parse import parse_qsl

from vaultcsi.errors import CsiError, PathForbidden, SecretNotRead, Unavailable
from vaultcsi.vault.connections import Answer, Connections, VaultRequest
from vaultcsi.vault.room import MountRoom
from vaultcsi.vault.server import PodLogin
from vaultenv.client.answers import MOUNTS, body_or_error, error_messages, mount_in, refusal
from vaultenv.errors import PermissionRefused, VaultEnvError
from vaultkube.deadline import Deadline
from vaultkube.provider_class.object_table import READS
from vaultkube.provider_class.objects import SecretRequest

Body = dict[str, Any]
_OTHER_METHOD = 405


class Reader:
    """Reads secrets for one pod with its token, within the memory limit of its mount."""

    def __init__(
        self,
        connections: Connections,
        login: PodLogin,
        token: str,
        room: MountRoom,
        deadline: Deadline,
    ) -> None:
        self._room = room
        self._connections = connections
        self._login = login
        self._token = token
        self._deadline = deadline

    def read(self, secret_request: SecretRequest) -> Body:
        """Return the answer; raise SecretNotRead, PathForbidden, Unavailable or TooLarge."""
        query = sorted(parse_qsl(secret_request.query, keep_blank_values=True), key=itemgetter(0))
        body = "" if secret_request.arguments == "null" else secret_request.arguments
        request = VaultRequest(secret_request.method, secret_request.path, query, body)
        answer = self._connections.send(self._login.server, request, self._token, self._deadline, self._room)
        self._room.reserve_values(answer.body)
        found = body_or_error(
            answer.method, answer.url, secret_request.path, answer.status, answer.body, self._mount_of
        )
        if isinstance(found, VaultEnvError):
            raise self._error(secret_request, answer, found)
        return found

    def token_is_valid(self) -> bool:
        """Return whether Vault knows the token; the default policy allows each token to look itself up."""
        return (
            self._send(VaultRequest("GET", "auth/token/lookup-self", repeatable=True, kind="lookup")).status
            == 200
        )

    def _error(self, secret_request: SecretRequest, answer: Answer, found: VaultEnvError) -> CsiError:
        line = refusal(answer.method, answer.url, answer.status, answer.body)
        if answer.status == _OTHER_METHOD:
            other = "PUT" if secret_request.method in READS else "GET"
            return SecretNotRead(f"{line}: set method: {other} in the object")
        if isinstance(found, PermissionRefused):
            return PathForbidden(
                f"{line}: the policies of the role must allow {secret_request.method} of {secret_request.path} ({self._login})"
            )
        return Unavailable(str(found)) if found.is_outage else SecretNotRead(str(found))

    def _mount_of(self, path: str) -> str:
        answer = self._send(VaultRequest("GET", f"{MOUNTS}/{path}", repeatable=True, kind="lookup"))
        return mount_in(answer.body) if not error_messages(answer.body) else ""

    def _send(self, request: VaultRequest) -> Answer:
        return self._connections.send(self._login.server, request, self._token, self._deadline)
