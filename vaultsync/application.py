"""The operator put together: what each part is made of, the order of its start, and of its end."""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.apiserver.lease import Election, Times
from vaultkube.apiserver.shared_key import find_key
from vaultkube.deadline import Deadline
from vaultkube.errors import InvalidSetting, Refused
from vaultkube.net.health import new_health_server
from vaultkube.provisioning.watcher import Watcher
from vaultkube.sync_resources.resources import KINDS
from vaultsync.cluster.notices import Notices
from vaultsync.cluster.objects import METADATA, METADATA_EACH, OURS, Objects, custom, secrets
from vaultsync.cluster.reflector import Reflected, Reflector
from vaultsync.cluster.store import Store
from vaultsync.cluster.tokens import KeptTokens
from vaultsync.content.mac import KEY_BYTES
from vaultsync.control.changes import Changes, is_ready
from vaultsync.control.destination import Destinations
from vaultsync.control.holding import may_hold
from vaultsync.control.queue import Queue
from vaultsync.control.tools import Tools
from vaultsync.control.worker import SECRET_KINDS, SETTLE_S, Workers
from vaultsync.errors import SyncError
from vaultsync.figures import Figure
from vaultsync.kept.refresh import Refresher
from vaultsync.kept.starting import new_refresher, reflected
from vaultsync.kept.watched import Watched
from vaultsync.provisioning import check_settings, new_watcher
from vaultsync.reload.reloads import Reloads
from vaultsync.settings import Settings
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.client import Vaults
from vaultsync.vault.holders import Holders
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Tokens
from vaultsync.vault.transit import Transit

_log = logging.getLogger(__name__)
_TIMES = Times(duration_s=30, lead_s=20.0, look_s=6.0)
_LEADER_LOOK_S = 1.0
_KEY_BUDGET_S = 30.0
_ONCE_LOOK_S = 0.1
_EVENTS_S = 5.0
_TIDY_EVERY_S, _TIDY_BUDGET_S = 600.0, 5.0
_ONCE_LEAD_S = 40.0


class Operator:
    """One replica of the operator."""

    def __init__(self, settings: Settings) -> None:
        """Prepare it; raise InvalidSetting if there is no API server."""
        check_settings(settings)
        self._settings = settings
        self._connection = find_connection(os.environ)
        self._namespace = os.environ.get("POD_NAMESPACE") or self._connection.namespace
        self._cluster = Cluster(self._connection, caller="the operator's ServiceAccount")
        self._objects = Objects(self._cluster)
        self._store = Store()
        self._queue = Queue()
        self._changes = Changes(self._store, self._queue)
        self._notices = Notices(self._objects)
        self._watched = Watched(self._queue)
        self._refresher: Refresher | None = None
        self._reloads = Reloads(settings, self._queue, self._objects)
        self._reflectors = self._new_reflectors()
        self._workers: Workers | None = None
        self._namespaces: Watcher | None = None
        self._tokens: Tokens | None = None
        self._holders: Holders | None = None
        self._stop = threading.Event()
        identity = f"{os.environ.get('POD_NAME') or socket.gethostname()}-{os.getpid()}"
        self._election = Election(self._cluster, self._namespace, settings.lease_name, identity, _TIMES)

    def serve(self) -> int:
        """Work while it leads, until SIGTERM or SIGINT; return 1 where the lead was lost, so that it is started anew."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, partial(_end, self._stop))
        new_health_server(self._settings.health_address, self._problem, self._figures).start()
        with self._standing():
            print(f"vault-webhook sync: started in namespace {self._namespace}", file=sys.stderr, flush=True)
            return self._lead()

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
            for reflector in self._reflectors:
                reflector.list()
            workers = self._start_work(spread=False)
            while not self._queue.is_idle():
                time.sleep(_ONCE_LOOK_S)
            workers.finish(self._settings.drain_s)
            self._tidy()
            return 1 if workers.failing() else 0

    @contextmanager
    def _standing(self) -> Iterator[None]:
        """Stand for the lead; at the end finish what has begun, and only then give the lead back."""
        end = threading.Event()
        election = threading.Thread(target=self._election.keep_standing, args=(end,), name="lease")
        election.start()
        try:
            yield
        finally:
            if self._workers:
                self._workers.finish(self._settings.drain_s)
                self._notices.finish(_EVENTS_S)
            end.set()
            election.join(_EVENTS_S)

    def _lead(self) -> int:
        while not self._election.leads():
            if self._stop.wait(_LEADER_LOOK_S / 20):
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
        tidy_at = time.monotonic() + _TIDY_EVERY_S
        while not self._stop.wait(_LEADER_LOOK_S):
            if not self._election.leads():
                _log.error("the lead is lost: another replica works now")
                return 1
            if time.monotonic() >= tidy_at:
                self._tidy()
                tidy_at = time.monotonic() + _TIDY_EVERY_S
        return 0

    def _tidy(self) -> None:
        """Remove kept tokens that no lease hangs on any more."""
        try:
            if self._holders:
                self._holders.tidy(self._holding, Deadline(_TIDY_BUDGET_S))
        except Refused as error:
            _log.warning("kept tokens were not looked through", extra={"fields": {"reason": str(error)}})

    def _holding(self) -> set[str]:
        """Return the uids of all objects that have a lease, or may ask for one now."""
        entries = self._store.of_kinds(("VaultDynamicSecret",))
        return {entry.resource.uid for entry in entries if may_hold(entry)}

    def _start_work(self, *, spread: bool) -> Workers:
        name = self._settings.hmac_secret_name
        key = find_key(self._cluster, self._namespace, name, KEY_BYTES, Deadline(_KEY_BUDGET_S))
        vaults = Vaults()
        self._tokens = tokens = Tokens(vaults, self._cluster)
        sessions = Sessions(tokens)
        keeper, cipher = KeptTokens(self._objects, self._namespace), Transit(vaults, sessions)
        self._holders = holders = Holders(tokens, keeper, cipher, key)
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
            holders=holders,
            deletion_s=self._settings.deletion_s,
        )
        settle_s = SETTLE_S if spread else 0.0
        self._refresher = new_refresher(self._settings, tools, self._watched)
        handlers = dict(self._reloads.handlers(tools))
        if self._refresher:
            handlers |= {each.name: self._refresher for each in self._settings.refreshed}
        if spread and self._settings.provision_cluster:
            self._namespaces = new_watcher(
                self._settings,
                self._connection,
                self._namespace,
                tools.sessions,
                tools.authorities,
                _log.info,
            )
            threading.Thread(target=self._namespaces.run, args=(self._stop,), daemon=True).start()
        self._workers = workers = Workers(tools, self._queue, self._settings.threads, settle_s, handlers)
        self._notices.start()
        self._changes.start(spread=spread)
        if self._refresher:
            self._watched.start(spread=spread)
        self._reloads.start(spread=spread)
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
        kept = reflected(self._settings.refreshed, self._watched)
        everything = (*customs, ours, *kept, *self._reloads.reflected())
        return [Reflector(self._objects, self._connection, each) for each in everything]

    def _problem(self) -> str:
        """Return why this replica is not ready, or an empty text: one that does not lead is, when it stands by."""
        if not self._election.leads():
            return ""
        return next((reflector.problem for reflector in self._reflectors if reflector.problem), "")

    def _figures(self) -> str:
        workers, tokens, refresher = self._workers, self._tokens, self._refresher
        values = (
            ("leads", "whether this replica is the one that works", self._election.leads()),
            ("queued", "objects that are due, now or later", len(self._queue)),
            ("worked_total", "how often an object was worked on", workers.done if workers else 0),
            ("failed_total", "how often that failed", workers.failed if workers else 0),
            ("failing", "objects that failed the last time", workers.failing() if workers else 0),
            ("synced", "objects whose Secret is in step, by their status", self._synced()),
            ("kept", "objects with kept references", len(self._watched)),
            (
                "refreshed_total",
                "how often such an object was written",
                refresher.written if refresher else 0,
            ),
            (
                "not_provisioned",
                "labelled namespaces without their role in Vault",
                len(self._namespaces.failing) if self._namespaces else 0,
            ),
            ("logins_total", "logins to Vault", tokens.logins if tokens else 0),
            ("processor_seconds_total", "processor time of the process", time.process_time()),
        )
        own = [Figure(f"vault_webhook_sync_{name}", help_, float(value)) for name, help_, value in values]
        return "".join(map(str, (*own, *self._reloads.figures())))

    def _synced(self) -> int:
        entries = self._store.of_kinds(SECRET_KINDS)
        return sum(is_ready(entry.status) for entry in entries)


def _end(stop: threading.Event, _number: int, _frame: object) -> None:
    stop.set()
