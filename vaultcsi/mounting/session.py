"""A pod's access to Vault for the length of one mount: its token, kept or new, and what a refusal says about it."""

from collections.abc import Iterable, Mapping
from typing import Any

from vaultcsi.cluster.tokens import TokenRequests, service_account_token
from vaultcsi.errors import PathForbidden, SecretNotRead, Unavailable
from vaultcsi.request import MountingPod
from vaultcsi.vault.connections import Connections
from vaultcsi.vault.login import VaultToken, log_in
from vaultcsi.vault.logins import Logins
from vaultcsi.vault.reads import Reader
from vaultcsi.vault.server import PodLogin
from vaultkube.deadline import Deadline
from vaultkube.provider_class.objects import SecretRequest

_FORBIDDEN_FOR_S = 300.0
"""A token has the policies of its login: where a path is forbidden to one older than this, the pod logs in again."""

Answers = dict[SecretRequest, Mapping[str, Any] | SecretNotRead]


class PodSession:
    """Reads as one pod until the deadline; the token comes from `logins` if it has one."""

    def __init__(
        self,
        pod: MountingPod,
        login: PodLogin,
        connections: Connections,
        logins: Logins,
        requests: TokenRequests,
        deadline: Deadline,
    ) -> None:
        self._pod = pod
        self._login = login
        self._connections = connections
        self._logins = logins
        self._requests = requests
        self._deadline = deadline
        self._logged_in = False

    def read(self, wanted: Iterable[SecretRequest]) -> Answers:
        """Return the answer to each request, or why there is none; a token that Vault knows no longer is replaced, once.

        Raises what ends the whole mount: LoginRefused, PodUnknown, Unavailable, TooLarge, ClusterUnavailable, MissingRight.
        """
        token = self._token()
        reader = self._reader(token)
        answers = _read_all(reader, wanted)
        refused = [each for each, answer in answers.items() if isinstance(answer, PathForbidden)]
        if not refused or not self._is_stale(token, reader):
            return answers
        self._logins.forget(self._login, token)
        return {**answers, **_read_all(self._reader(self._token()), refused)}

    def _is_stale(self, token: VaultToken, reader: Reader) -> bool:
        if self._logged_in:
            return False
        return self._logins.age_s(token) > _FORBIDDEN_FOR_S or not reader.token_is_valid()

    def _reader(self, token: VaultToken) -> Reader:
        return Reader(self._connections, self._login, token.value, self._deadline)

    def _token(self) -> VaultToken:
        return self._logins.token(self._login, self._deadline, self._log_in)

    def _log_in(self, login: PodLogin, deadline: Deadline, now: float) -> VaultToken:
        jwt = service_account_token(self._pod, login.audience, self._requests, deadline)
        if not deadline.remaining_s():
            raise Unavailable(f"failed to login: no time was left; it is tried again by itself ({login})")
        self._logged_in = True
        return log_in(self._connections, login, jwt, deadline, now)


def _read_all(reader: Reader, wanted: Iterable[SecretRequest]) -> Answers:
    answers: Answers = {}
    for each in wanted:
        try:
            answers[each] = reader.read(each)
        except SecretNotRead as error:
            answers[each] = error
    return answers
