"""The work of the leading replica: its parts, created when it becomes the leader."""

import logging
import threading

from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.apiserver.shared_key import find_key
from vaultkube.deadline import Deadline
from vaultkube.errors import Refused
from vaultkube.provisioning.watcher import Watcher
from vaultsync.cluster.notices import Notices
from vaultsync.cluster.objects import Objects
from vaultsync.cluster.tokens import StoredTokens
from vaultsync.content.mac import KEY_BYTES
from vaultsync.control.destination import Destinations
from vaultsync.control.holding import may_hold
from vaultsync.control.tools import Tools
from vaultsync.control.worker import SETTLE_S, Handler, Workers
from vaultsync.kept.starting import new_refresher
from vaultsync.provisioning import new_watcher
from vaultsync.settings import Settings
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.client import Vaults
from vaultsync.vault.engines import Engines
from vaultsync.vault.holders import Holders
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Tokens
from vaultsync.vault.transit import Transit
from vaultsync.watching import Watching

_log = logging.getLogger(__name__)
_KEY_BUDGET_S, _TIDY_BUDGET_S = 30.0, 5.0
_EVENTS_S = 5.0


class Work:
    """Creates and holds the workers and their tools."""

    def __init__(
        self,
        settings: Settings,
        cluster: Cluster,
        namespace: str,
        watching: Watching,
        *,
        spread: bool,
    ) -> None:
        """Create the parts; raise Refused if the key of the HMACs, or that of kept references, cannot be read.

        With `spread` objects become due over time, not at once. `namespace` is the operator's.
        """
        key = find_key(cluster, namespace, settings.hmac_secret_name, KEY_BYTES, Deadline(_KEY_BUDGET_S))
        vaults, objects = Vaults(), Objects(cluster)
        self.tokens = Tokens(vaults, cluster)
        sessions = Sessions(self.tokens)
        cipher = Transit(vaults, sessions)
        self._settings = settings
        self._watching = watching
        self._spread = spread
        self._notices = Notices(objects)
        self._holders = Holders(self.tokens, StoredTokens(objects, namespace), cipher, key)
        self._tools = Tools(
            namespace=namespace,
            key=key,
            cluster=cluster,
            objects=objects,
            store=watching.store,
            destinations=Destinations(objects, watching.store),
            notices=self._notices,
            vaults=vaults,
            engines=Engines(vaults),
            authorities=Authorities(cluster),
            sessions=sessions,
            holders=self._holders,
            deletion_s=settings.deletion_s,
        )
        self.refresher = new_refresher(settings, self._tools, watching.annotated)
        settle_s = SETTLE_S if spread else 0.0
        self.workers = Workers(self._tools, watching.queue, settings.threads, settle_s, self._handlers())
        self.provisioner: Watcher | None = None

    def _handlers(self) -> dict[str, Handler]:
        handlers = dict(self._watching.reloads.handlers(self._tools))
        if self.refresher:
            handlers |= {each.name: self.refresher for each in self._settings.refreshed}
        return handlers

    def start(self) -> None:
        """Queue the listed objects, and start the threads."""
        self._notices.start()
        self._watching.start(spread=self._spread, with_annotated=self.refresher is not None)
        self.workers.start()

    def provision(self, connection: Connection, stop: threading.Event) -> None:
        """Start to provision labelled namespaces, until `stop`, if the settings enable it."""
        if not self._settings.provision_cluster:
            return
        tools = self._tools
        self.provisioner = new_watcher(
            self._settings, connection, tools.namespace, tools.sessions, tools.authorities, _log.info
        )
        threading.Thread(target=self.provisioner.run, args=(stop,), daemon=True).start()

    def finish(self) -> None:
        """Finish the work in progress, and send the queued Events."""
        self.workers.finish(self._settings.drain_s)
        self._notices.finish(_EVENTS_S)

    def tidy(self) -> None:
        """Delete stored tokens that no lease needs any more."""
        try:
            self._holders.tidy(self._holding, Deadline(_TIDY_BUDGET_S))
        except Refused as error:
            _log.warning("kept tokens were not looked through", extra={"fields": {"reason": str(error)}})

    def _holding(self) -> set[str]:
        """Return the uids of all objects that have a lease, or may request one now."""
        entries = self._watching.store.entries_of_kinds(("VaultDynamicSecret",))
        return {entry.resource.uid for entry in entries if may_hold(entry)}
