"""The provider's process: the construction of its parts, its start and its end."""

import logging
import os
from functools import partial

from vaultcsi.cluster.version_key import VersionKey
from vaultcsi.metrics import Metrics
from vaultcsi.mounting.mounter import Mounter
from vaultcsi.mounting.upkeep import Upkeep
from vaultcsi.serving.poll_events import PollEvents
from vaultcsi.serving.predecessor import fetch_handover
from vaultcsi.serving.server import Server
from vaultcsi.serving.service import Service
from vaultcsi.serving.socket_file import SocketFile
from vaultcsi.settings import Settings
from vaultcsi.vault.access import Accesses
from vaultcsi.vault.connections import Connections
from vaultcsi.vault.handover import packed, unpack
from vaultcsi.vault.renewals import Renewals
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.deadline import Deadline
from vaultkube.ending import ending_event
from vaultkube.errors import InvalidSetting
from vaultkube.net.health import new_health_server

_log = logging.getLogger(__name__)
_READY_BUDGET_S = 1.5
_SOCKET_S = 1.0
"""Seconds between two checks whether the socket is still at its path."""


class Provider:
    """Runs the provider on a node, until SIGTERM."""

    def __init__(self, settings: Settings) -> None:
        """Prepare the provider; raise InvalidSetting if there is no API server, or no address for probes."""
        connection = find_connection(os.environ)
        namespace = os.environ.get("POD_NAMESPACE") or connection.namespace
        self._settings = settings
        self._metrics = Metrics()
        self._cluster = Cluster(
            connection, caller="the provider's ServiceAccount", observe=self._metrics.api_server_call
        )
        key = VersionKey(self._cluster, namespace, settings.hmac_secret_name)
        connections = Connections(self._metrics.vault_call)
        self._accesses = accesses = Accesses(settings.most_logins)
        self._metrics.show_holdings(accesses.holdings)
        mounter = Mounter(settings, self._cluster, key, connections, accesses)
        self._events = PollEvents(self._cluster, settings.node)
        service = Service(mounter, self._events, self._metrics.mount)
        self._socket = SocketFile(settings.endpoint)
        self._server = Server(
            service,
            self._socket,
            settings.threads,
            settings.mount_timeout_s,
            partial(packed, accesses),
        )
        self._upkeep = Upkeep(accesses, Renewals(connections), self._cluster, settings.node)
        self._health = new_health_server(settings.health_address, self._problem, self._metrics.expose)

    def serve(self) -> None:
        """Serve until SIGTERM or SIGINT, then finish running mounts; raise InvalidSetting if the socket cannot be created."""
        ended = ending_event()
        self._start()
        _log.info("serving", extra={"fields": {"endpoint": self._settings.endpoint}})
        while not ended.wait(_SOCKET_S):
            if self._socket.put_back():
                fields = {"endpoint": self._settings.endpoint}
                _log.warning("somebody removed the socket; it is there again", extra={"fields": fields})
        self._server.stop(self._settings.drain_s)
        self._upkeep.stop()

    def _start(self) -> None:
        self._receive_handover()
        try:
            self._server.start()
        except (OSError, RuntimeError) as error:
            raise InvalidSetting(
                f"the socket {self._settings.endpoint} cannot be made ({error}): its folder must be writable"
            ) from None
        self._health.start()
        self._upkeep.start(self._settings.renewal_interval_s, self._settings.pods_interval_s)

    def _receive_handover(self) -> None:
        """Load the tokens and leases of the provider that now serves at the socket, as in an upgrade."""
        data = fetch_handover(self._settings.endpoint)
        try:
            uids = unpack(data, self._accesses) if data else set()
        except ValueError as error:
            _log.warning("leases of pods are issued anew: %s", error, extra={"fields": {}})
        else:
            for uid in uids:
                self._events.mounted(uid)
            _log.info("took over", extra={"fields": {"pods": len(uids)}})

    def _problem(self) -> str:
        """Return why the provider is not ready, or an empty text."""
        if not self._socket.is_ours():
            return f"the socket {self._settings.endpoint} is not this provider's"
        return "" if self._cluster.ready(Deadline(_READY_BUDGET_S)) else "the API server does not answer"
