"""Tasks of the attendant, each in a thread: the certificate, the check of the workers, the health listener."""

import logging
import os
import socket
import threading
from collections.abc import Callable

from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.apiserver.lease import Election
from vaultkube.deadline import Deadline
from vaultkube.metrics import CertificateMetrics, exposition
from vaultkube.net.health import HealthServer, View
from vaultkube.value_types import LISTENING
from webhook.certificates.files import Files
from webhook.certificates.keeper import TIMES, Keeper, Names
from webhook.config.settings import Settings
from webhook.serving.expiry import Expiry
from webhook.serving.health import Watch, answers, local_address

_log = logging.getLogger(__name__)
_READY_BUDGET_S = 2.0
_LOOK_S, _FIRST_LOOKS_S, _AFTER_ERROR_S = 2.0, 0.25, 5.0
_JOIN_S = 5.0
_WARNING = 1 / 4
"""The share of a self-managed certificate's lifetime that is left when the log warns of a missed renewal."""


class Attendant:
    """Runs the threads of the attendant."""

    def __init__(
        self,
        settings: Settings,
        connection: Connection,
        own_namespace: str,
        files: Files | None,
        health: socket.socket | None,
    ) -> None:
        self._settings = settings
        self._metrics = CertificateMetrics(is_self_managed=files is not None)
        self._cluster = Cluster(connection, settings.tls_strict)
        self._self_managed = self._new_keeper(own_namespace, files) if files else None
        self._expiry: Expiry | None = None
        address, tls = local_address(LISTENING.parse(settings.listen_address)), bool(settings.tls_cert_file)
        self.watch = Watch(lambda: answers(address, tls=tls), (self._certificate, self._api_server))
        views = {
            "/healthz": self.watch.live,
            "/readyz": self.watch.ready,
            "/metrics": _figures(exposition()),
        }
        self._server = HealthServer(health, views) if health else None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads."""
        loops: list[Callable[[], None]] = [lambda: self._repeat(self._look)]
        if self._self_managed:
            self_managed = self._self_managed
            loops.append(lambda: self._repeat(lambda: self._keep_certificate(*self_managed)))
        if self._server:
            server = self._server
            loops.append(lambda: self._repeat(lambda: self._serve(server)))
        self._threads = [threading.Thread(target=loop, daemon=True) for loop in loops]
        for thread in self._threads:
            thread.start()

    def ending(self) -> None:
        """Report not ready from now on: the workers have been sent a signal to end."""
        self.watch.end()

    def stop(self) -> None:
        """End the threads, and release the lease so that another replica can lead."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_JOIN_S)
        if self._self_managed:
            self._self_managed[0].release()

    def _new_keeper(self, own_namespace: str, files: Files) -> tuple[Election, Keeper]:
        settings = self._settings
        names = Names(
            own_namespace, settings.certificate_secret, settings.service, settings.webhook_configuration
        )
        identity = f"{socket.gethostname()}-{os.getpid()}"
        election = Election(self._cluster, own_namespace, names.configuration, identity, TIMES)
        keeper = Keeper(
            self._cluster,
            election,
            names,
            files,
            settings.certificate_lifetime_s,
            path_only=settings.certificate == "cert-manager",
            changed=self._metrics.step,
        )
        return election, keeper

    def _repeat(self, work: Callable[[], float]) -> None:
        """Repeat the work until the end, after the seconds that it returns; an error is logged and ends nothing."""
        while not self._stop.is_set():
            try:
                pause_s = work()
            except Exception as error:
                _log.error("the attendant failed", exc_info=error)
                pause_s = _AFTER_ERROR_S
            self._stop.wait(pause_s)

    def _look(self) -> float:
        self.watch.look()
        return _LOOK_S if self.watch.answers() else _FIRST_LOOKS_S

    def _keep_certificate(self, election: Election, keeper: Keeper) -> float:
        pause_s = keeper.look(serving=self.watch.answers())
        self._metrics.leads(election.leads())
        return pause_s

    def _serve(self, server: HealthServer) -> float:
        server.serve(self._stop)
        return 0.0

    def _certificate(self) -> str:
        """Return the reason why the certificate cannot be served; an empty text if it can."""
        if self._self_managed and self._self_managed[1].problem():
            return self._self_managed[1].problem()
        if not self._settings.tls_cert_file:
            return ""
        if self._expiry is None:
            self._expiry = self._found_expiry()
        return self._expiry.problem()

    def _found_expiry(self) -> Expiry:
        file, publish = self._settings.tls_cert_file, self._metrics.not_after
        if self._settings.certificate == "files":
            return Expiry(file, publish)
        if self._settings.certificate == "cert-manager":
            return Expiry(file, publish, remedy="cert-manager's Certificate says why it was not renewed")
        remedy = "the log says why it was not renewed"
        return Expiry(
            file, publish, remedy=remedy, warning_s=self._settings.certificate_lifetime_s * _WARNING
        )

    def _api_server(self) -> str:
        return "" if self._cluster.ready(Deadline(_READY_BUDGET_S)) else "the API server does not answer"


def _figures(expose: Callable[[], tuple[bytes, str]]) -> View:
    def view() -> tuple[int, str, bytes]:
        text, content_type = expose()
        return 200, content_type, text

    return view
