"""The reads of one mount: with the cached token of the pod or a new login, from cached answers or by new requests."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vaultcsi.cluster.tokens import TokenRequests, service_account_token
from vaultcsi.errors import PathForbidden, SecretNotRead, Unavailable
from vaultcsi.request import MountingPod
from vaultcsi.vault.access import Access
from vaultcsi.vault.connections import Connections
from vaultcsi.vault.issued import IssuedAnswer, issued_answer
from vaultcsi.vault.login import VaultToken, log_in
from vaultcsi.vault.reads import Reader
from vaultcsi.vault.room import MountRoom
from vaultcsi.vault.server import PodLogin
from vaultenv.basics.jsontext import loads
from vaultenv.renewal.schedule import stale
from vaultkube.deadline import Deadline
from vaultkube.provider_class.objects import SecretRequest

_log = logging.getLogger(__name__)
_FORBIDDEN_FOR_S = 300.0
"""A token has the policies of its login: if a path is forbidden to a token older than this, the pod logs in again."""

Answers = dict[SecretRequest, Mapping[str, Any] | SecretNotRead]


class PodSession:
    """Reads secrets for one pod until the deadline, with an access that the caller has locked.

    `has_room(namespace, bytes)` returns whether another answer may be cached.
    """

    def __init__(
        self,
        pod: MountingPod,
        login: PodLogin,
        access: Access,
        connections: Connections,
        requests: TokenRequests,
        has_room: Callable[[str, int], bool],
        room: MountRoom,
        deadline: Deadline,
    ) -> None:
        self._pod = pod
        self._login = login
        self._access = access
        self._connections = connections
        self._requests = requests
        self._has_room = has_room
        self._room = room
        self._deadline = deadline
        self._logged_in = False

    def read(self, requested: Iterable[SecretRequest]) -> Answers:
        """Return the answer to each request, or its error; replace a token that Vault no longer knows, once.

        Raises all other CsiErrors, ClusterUnavailable and MissingRight, which end the whole mount.
        """
        requests = list(requested)
        token = self._token()
        answers = self._read_all(token, requests)
        refused = any(isinstance(answer, PathForbidden) for answer in answers.values())
        if not refused or not self._is_outdated(token):
            return answers
        self._access.replace(None)
        self._room.clear()
        return self._read_all(self._token(), requests)

    def _is_outdated(self, token: VaultToken) -> bool:
        if self._logged_in:
            return False
        is_old = time.monotonic() - token.granted_at > _FORBIDDEN_FOR_S
        return is_old or not self._reader(token).token_is_valid()

    def _read_all(self, token: VaultToken, requests: Iterable[SecretRequest]) -> Answers:
        reader = self._reader(token)
        answers: Answers = {}
        for each in requests:
            try:
                answers[each] = self._answer(reader, each)
            except SecretNotRead as error:
                answers[each] = error
        return answers

    def _answer(self, reader: Reader, request: SecretRequest) -> Mapping[str, Any]:
        issued = self._access.issued.get(request)
        if issued and not issued.is_replaced(time.monotonic()):
            return self._read_issued(issued)
        try:
            body = reader.read(request)
        except Unavailable as error:
            if issued is None or stale(issued.held, time.monotonic()):
                raise
            _log.warning("%s is not replaced yet, and still valid: %s", request.path, error)
            return self._read_issued(issued)
        new = issued_answer(request.method, body, time.monotonic(), time.time(), random.random())  # noqa: S311
        if new:
            self._store(request, new)
        return body

    def _read_issued(self, issued: IssuedAnswer) -> Mapping[str, Any]:
        self._room.reserve(len(issued.body))
        self._room.reserve_values(issued.body)
        body: Mapping[str, Any] = loads(issued.body)
        return body

    def _store(self, request: SecretRequest, answer: IssuedAnswer) -> None:
        self._access.issued.pop(request, None)
        if self._has_room(self._pod.namespace, len(answer.body)):
            self._access.issued[request] = answer
        else:
            _log.warning(
                "%s is requested at each mount: the cached answers of namespace %s have reached their limit",
                request.path,
                self._pod.namespace,
            )

    def _reader(self, token: VaultToken) -> Reader:
        return Reader(self._connections, self._login, token.value, self._room, self._deadline)

    def _token(self) -> VaultToken:
        token = self._access.usable_token(time.monotonic())
        if token is None:
            token = self._log_in()
            self._access.replace(token)
        return token

    def _log_in(self) -> VaultToken:
        jwt = service_account_token(self._pod, self._login.audience, self._requests, self._deadline)
        if not self._deadline.remaining_s():
            raise Unavailable(
                f"failed to login: no time was left; it is retried automatically ({self._login})"
            )
        self._logged_in = True
        return log_in(self._connections, self._login, jwt, self._deadline, time.monotonic())
