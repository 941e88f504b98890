"""The operator put together: what each part is made of, the order of its start, and of its end."""

import logging
import os
import signal
import socket
import sys
import threading
import time
from functools import partial

from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.apiserver.lease import Election, Times
from vaultkube.deadline import Deadline
from vaultkube.errors import InvalidSetting, Refused
from vaultkube.sync_resources.resources import KINDS
from vaultsync.cluster.notices import Notices
from vaultsync.cluster.objects import METADATA, METADATA_EACH, OURS, Objects, custom, secrets
from vaultsync.cluster.reflector import Reflected, Reflector
from vaultsync.cluster.store import Store
from vaultsync.cluster.tokens import KeptTokens, find_key
from vaultsync.control.changes import Changes, is_ready
from vaultsync.control.destination import Destinations
from vaultsync.control.queue import Queue
from vaultsync.control.tools import Tools
from vaultsync.control.worker import SECRET_KINDS, Workers
from vaultsync.errors import SyncError
from vaultsync.health import Health
from vaultsync.settings import Settings
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.client import Vaults
from vaultsync.vault.sessions import Sessions

_log = logging.getLogger(__name__)
_TIMES = Times(duration_s=30, lead_s=20.0, look_s=6.0)
_LEADER_LOOK_S = 1.0
_KEY_BUDGET_S = 30.0
_ONCE_LOOK_S = 0.1
_EVENTS_S = 5.0


class Operator:
    """One replica of the operator."""

    def __init__(self, settings: Settings) -> None:
        """Prepare it; raise InvalidSetting if there is no API server."""
        self._settings = settings
        self._connection = find_connection(os.environ)
        self._namespace = os.environ.get("POD_NAMESPACE") or self._connection.namespace
        self._cluster = Cluster(self._connection, caller="the operator's ServiceAccount")
        self._objects = Objects(self._cluster)
        self._store = Store()
        self._queue = Queue()
        self._changes = Changes(self._store, self._queue)
        self._notices = Notices(self._objects)
        self._reflectors = self._new_reflectors()
        self._workers: Workers | None = None
        self._sessions: Sessions | None = None
        self._stop = threading.Event()
        identity = f"{os.environ.get('POD_NAME') or socket.gethostname()}-{os.getpid()}"
        self._election = Election(self._cluster, self._namespace, settings.lease_name, identity, _TIMES)

    def serve(self) -> int:
        """Work while it leads, until SIGTERM or SIGINT; return 1 where the lead was lost, so that it is started anew."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, partial(_end, self._stop))
        health = self._new_health()
        health.start()
        standing = threading.Event()
        election = threading.Thread(target=self._election.keep_standing, args=(standing,), name="lease")
        election.start()
        print(f"vault-webhook sync: started in namespace {self._namespace}", file=sys.stderr, flush=True)
        try:
            return self._lead()
        finally:
            if self._workers:
                self._workers.finish(self._settings.drain_s)
                self._notices.finish(_EVENTS_S)
            standing.set()
            election.join(_EVENTS_S)
            health.close()

    def once(self) -> int:
        """Work on every object once, and return 1 if one failed; raise Refused or SyncError."""
        for reflector in self._reflectors:
            reflector.list()
        workers = self._start_work(spread=False)
        while not self._queue.is_idle():
            time.sleep(_ONCE_LOOK_S)
        workers.finish(self._settings.drain_s)
        self._notices.finish(_EVENTS_S)
        return 1 if workers.failing() else 0

    def _lead(self) -> int:
        while not self._election.leads():
            if self._stop.wait(_LEADER_LOOK_S / 2):
                return 0
        for reflector in self._reflectors:
            threading.Thread(target=reflector.run, args=(self._stop,), daemon=True).start()
        while not all(reflector.listed.is_set() for reflector in self._reflectors):
            if self._stop.wait(_LEADER_LOOK_S / 20):
                return 0
        try:
            self._start_work(spread=True)
        except (SyncError, Refused) as error:
            raise InvalidSetting(f"the key of the HMACs cannot be read: {error}") from None
        while not self._stop.wait(_LEADER_LOOK_S):
            if not self._election.leads():
                _log.error("the lead is lost: another replica works now")
                return 1
        return 0

    def _start_work(self, *, spread: bool) -> Workers:
        key = find_key(
            self._objects, self._namespace, self._settings.hmac_secret_name, Deadline(_KEY_BUDGET_S)
        )
        vaults = Vaults()
        sessions = Sessions(vaults, self._cluster, KeptTokens(self._objects, self._namespace), key)
        tools = Tools(
            namespace=self._namespace,
            key=key,
            cluster=self._cluster,
            objects=self._objects,
            store=self._store,
            destinations=Destinations(self._objects, self._store),
            notices=self._notices,
            vaults=vaults,
            authorities=Authorities(self._cluster),
            sessions=sessions,
            deletion_s=self._settings.deletion_s,
        )
        self._sessions = sessions
        self._workers = workers = Workers(tools, self._queue, self._settings.threads)
        self._notices.start()
        self._changes.start(spread=spread)
        workers.start()
        return workers

    def _new_reflectors(self) -> list[Reflector]:
        changes = self._changes
        customs = [
            Reflected(
                custom(row.kind),
                partial(changes.all_of, row.kind),
                partial(changes.changed, row.kind),
                partial(changes.removed, row.kind),
            )
            for row in KINDS
        ]
        ours = Reflected(
            secrets(),
            changes.all_secrets,
            changes.secret_changed,
            changes.secret_removed,
            selector=OURS,
            accept_list=METADATA,
            accept_each=METADATA_EACH,
        )
        return [Reflector(self._objects, self._connection, each) for each in (*customs, ours)]

    def _new_health(self) -> Health:
        try:
            return Health(self._settings.health_address, self._problem, self._figures)
        except OSError as error:
            raise InvalidSetting(
                f"HEALTH_ADDR cannot be listened on ({error.strerror}): name a free port"
            ) from None

    def _problem(self) -> str:
        """Return why this replica is not ready, or an empty text: one that does not lead is, when it stands by."""
        if not self._election.leads():
            return ""
        return next((reflector.problem for reflector in self._reflectors if reflector.problem), "")

    def _figures(self) -> dict[str, float]:
        workers, sessions = self._workers, self._sessions
        return {
            "vault_webhook_sync_leads": float(self._election.leads()),
            "vault_webhook_sync_queued": float(len(self._queue)),
            "vault_webhook_sync_worked_total": float(workers.done if workers else 0),
            "vault_webhook_sync_failed_total": float(workers.failed if workers else 0),
            "vault_webhook_sync_failing": float(workers.failing() if workers else 0),
            "vault_webhook_sync_synced": float(self._synced()),
            "vault_webhook_sync_processor_seconds_total": time.process_time(),
            "vault_webhook_sync_logins_total": float(sessions.logins if sessions else 0),
        }

    def _synced(self) -> int:
        entries = self._store.of_kinds(SECRET_KINDS)
        return sum(is_ready(entry.status) for entry in entries)


def _end(stop: threading.Event, _number: int, _frame: object) -> None:
    stop.set()
