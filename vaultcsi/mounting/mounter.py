"""A mount from its request to its files: one login, each distinct request once, and the files made from the answers."""

import logging

from vaultcsi.cluster.tokens import TokenRequests
from vaultcsi.cluster.version_key import VersionKey
from vaultcsi.errors import CsiError, InvalidClass, Unavailable
from vaultcsi.mounting.files import MountedFile, files_of
from vaultcsi.mounting.policy import WARNED, policy_problems
from vaultcsi.mounting.session import Answers, PodSession
from vaultcsi.request import Mount
from vaultcsi.settings import Settings
from vaultcsi.vault.access import Accesses
from vaultcsi.vault.connections import Connections
from vaultcsi.vault.room import MountRoom, new_gate
from vaultcsi.vault.server import login_of
from vaultkube.concurrency import Gate
from vaultkube.deadline import Deadline
from vaultkube.net.dial import on_behalf_of

_log = logging.getLogger(__name__)


_MOUNTS = "mounts"
_ENTRY_S = 1.0
"""Seconds that a mount waits for others of its namespace before it is refused; the kubelet retries it."""


class Mounter:
    """Makes mounts; safe to share between threads.

    The pods of one namespace use at most three quarters of the threads: a class may name a Vault that does not answer, and
    pods of other namespaces must not wait for it.
    """

    def __init__(
        self,
        settings: Settings,
        requests: TokenRequests,
        key: VersionKey,
        connections: Connections,
        accesses: Accesses,
    ) -> None:
        self._settings = settings
        self._requests = requests
        self._key = key
        self._connections = connections
        self._accesses = accesses
        self._gate = Gate(settings.threads)
        self._long_answers = new_gate()

    def mount(self, mount: Mount, deadline: Deadline) -> list[MountedFile]:
        """Return the files of the mount; raise CsiError, ClusterUnavailable or MissingRight."""
        self._check(mount)
        namespace = mount.pod.namespace
        busy = Unavailable(
            f"too many mounts of namespace {namespace} wait for Vault; it is retried automatically"
        )
        with (
            self._gate.entered(_MOUNTS, namespace, min(_ENTRY_S, deadline.remaining_s()), busy),
            on_behalf_of(namespace),
            MountRoom(self._long_answers, namespace, deadline) as room,
        ):
            answers = self._answers(mount, room, deadline)
            return files_of(mount, answers, self._key.get(deadline))

    def _check(self, mount: Mount) -> None:
        problems = policy_problems(mount, self._settings)
        refused = [problem for problem in problems if problem.rule != WARNED]
        if refused:
            raise InvalidClass(refused)
        for problem in problems:
            fields = {"namespace": mount.pod.namespace, "pod": mount.pod.name}
            _log.warning("%s", problem.message, extra={"fields": fields})

    def _answers(self, mount: Mount, room: MountRoom, deadline: Deadline) -> Answers:
        login = login_of(mount.pod, mount.parameters, self._settings)
        try:
            with self._accesses.entered(login, deadline) as access:
                session = PodSession(
                    mount.pod,
                    login,
                    access,
                    self._connections,
                    self._requests,
                    self._accesses.has_room,
                    room,
                    deadline,
                )
                return session.read(dict.fromkeys(each.request for each in mount.parameters.objects))
        except CsiError as error:
            first = mount.parameters.objects[0].name
            raise type(error)(f'couldn\'t read secret "{first}": {error}') from error
