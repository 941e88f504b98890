"""The operator's process: its start, its work as the leader, and its end."""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.apiserver.lease import Election, Times
from vaultkube.deadline import Deadline
from vaultkube.ending import ending_event
from vaultkube.errors import InvalidSetting, Refused
from vaultkube.net.health import new_health_server
from vaultsync.cluster.objects import Objects
from vaultsync.control.conditions import is_ready
from vaultsync.control.worker import SECRET_KINDS
from vaultsync.errors import SyncError
from vaultsync.figures import Figure
from vaultsync.provisioning import check_settings
from vaultsync.settings import Settings
from vaultsync.watching import Watching
from vaultsync.work import Work

_log = logging.getLogger(__name__)
_TIMES = Times(duration_s=30, lead_s=20.0, look_s=6.0)
_LEADER_LOOK_S, _START_LOOK_S = 1.0, 0.05
_ONCE_LOOK_S = 0.1
_ELECTION_S = 5.0
_TIDY_EVERY_S = 600.0
_ONCE_LEAD_S = 40.0


class Operator:
    """Runs one replica of the operator, until SIGTERM or for one round."""

    def __init__(self, settings: Settings) -> None:
        """Prepare the replica; raise InvalidSetting for unusable settings, or if there is no API server."""
        check_settings(settings)
        self._settings = settings
        self._connection = find_connection(os.environ)
        self._namespace = os.environ.get("POD_NAMESPACE") or self._connection.namespace
        self._cluster = Cluster(self._connection, caller="the operator's ServiceAccount")
        self._watching = Watching(settings, self._connection, Objects(self._cluster), self._namespace)
        self._work: Work | None = None
        identity = f"{os.environ.get('POD_NAME') or socket.gethostname()}-{os.getpid()}"
        self._election = Election(self._cluster, self._namespace, settings.lease_name, identity, _TIMES)

    def serve(self) -> int:
        """Work while this replica leads, until SIGTERM or SIGINT; return 1 if it has lost the Lease, so that it is restarted."""
        stop = ending_event()
        new_health_server(self._settings.health_address, self._problem, self._figures).start()
        with self._standing():
            _log.info("started", extra={"fields": {"namespace": self._namespace}})
            return self._lead(stop)

    def once(self) -> int:
        """Work on every object once, as the leader, and return 1 if one failed; raise Refused or SyncError."""
        with self._standing():
            waiting = Deadline(_ONCE_LEAD_S)
            while not self._election.leads():
                if not waiting.remaining_s():
                    raise SyncError(
                        f"another process holds Lease {self._settings.lease_name}, and does this work"
                    )
                time.sleep(_ONCE_LOOK_S)
            self._watching.list()
            work = self._new_work(spread=False)
            work.start()
            while not self._watching.queue.is_idle():
                time.sleep(_ONCE_LOOK_S)
            work.workers.finish(self._settings.drain_s)
            work.tidy()
            return 1 if work.workers.failing() else 0

    @contextmanager
    def _standing(self) -> Iterator[None]:
        """Run the leader election in a thread; at the end finish the work in progress, and only then release the Lease."""
        end = threading.Event()
        election = threading.Thread(target=self._election.keep_standing, args=(end,), name="lease")
        election.start()
        try:
            yield
        finally:
            if self._work:
                self._work.finish()
            end.set()
            election.join(_ELECTION_S)

    def _lead(self, stop: threading.Event) -> int:
        while not self._election.leads():
            if stop.wait(_START_LOOK_S):
                return 0
        self._watching.run(stop)
        while not self._watching.is_listed():
            if stop.wait(_START_LOOK_S):
                return 0
        try:
            work = self._new_work(spread=True)
        except Refused as error:
            raise InvalidSetting(f"a key cannot be read: {error}") from None
        work.provision(self._connection, stop)
        work.start()
        tidy_at = time.monotonic() + _TIDY_EVERY_S
        while not stop.wait(_LEADER_LOOK_S):
            if not self._election.leads():
                _log.warning("the lead is lost: this process ends, to be started anew as one that stands by")
                return 1
            if time.monotonic() >= tidy_at:
                work.tidy()
                tidy_at = time.monotonic() + _TIDY_EVERY_S
        return 0

    def _new_work(self, *, spread: bool) -> Work:
        self._work = Work(self._settings, self._cluster, self._namespace, self._watching, spread=spread)
        return self._work

    def _problem(self) -> str:
        """Return why this replica is not ready, or an empty text; a replica on standby is ready."""
        return self._watching.problem() if self._election.leads() else ""

    def _figures(self) -> str:
        work, watching = self._work, self._watching
        workers, refresher = (work.workers, work.refresher) if work else (None, None)
        provisioner = work.provisioner if work else None
        values = (
            ("leads", "whether this replica is the one that works", self._election.leads()),
            ("queued", "objects that are due, now or later", len(watching.queue)),
            ("worked_total", "how often an object was worked on", workers.done if workers else 0),
            ("failed_total", "how often that failed", workers.failed if workers else 0),
            ("failing", "objects that failed the last time", workers.failing() if workers else 0),
            ("synced", "objects whose Secret is in step, by their status", self._synced()),
            ("kept", "objects with kept references", len(watching.annotated)),
            (
                "refreshed_total",
                "how many times such an object was written",
                refresher.written if refresher else 0,
            ),
            (
                "not_provisioned",
                "labelled namespaces without their role in Vault",
                len(provisioner.failing) if provisioner else 0,
            ),
            ("logins_total", "logins to Vault", work.tokens.logins if work else 0),
            ("processor_seconds_total", "processor time of the process", time.process_time()),
        )
        own = [Figure(f"vault_webhook_sync_{name}", help_, float(value)) for name, help_, value in values]
        return "".join(map(str, (*own, *watching.reloads.figures())))

    def _synced(self) -> int:
        entries = self._watching.store.entries_of_kinds(SECRET_KINDS)
        return sum(is_ready(entry.status) for entry in entries)
