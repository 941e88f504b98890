"""The operator's watches of custom objects, managed Secrets, kept references and workloads, and the queue that they fill."""

import threading
from functools import partial

from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.apiserver.transport import METADATA, METADATA_LIST
from vaultkube.sync_resources.resources import KINDS
from vaultsync.cluster.objects import OURS, Objects, custom, secrets
from vaultsync.cluster.reflector import Reflected, Reflector
from vaultsync.cluster.store import Store
from vaultsync.control.changes import Changes
from vaultsync.control.queue import Queue
from vaultsync.kept.starting import reflected
from vaultsync.kept.watched import Watched
from vaultsync.reload.reloads import Reloads
from vaultsync.settings import Settings


class Watching:
    """Holds all watches and their objects, and the queue of objects to work on."""

    def __init__(self, settings: Settings, connection: Connection, objects: Objects, namespace: str) -> None:
        """`namespace` is the operator's."""
        self.store = Store()
        self.queue = Queue(places=settings.threads)
        self.changes = Changes(self.store, self.queue, namespace)
        self.annotated = Watched(self.queue)
        self.reloads = Reloads(settings, self.queue, objects)
        everything = (
            *map(self._custom, (row.kind for row in KINDS)),
            self._own_secrets(),
            *reflected(settings.refreshed, self.annotated),
            *self.reloads.reflected(),
        )
        self._reflectors = [Reflector(objects, connection, each) for each in everything]

    def list(self) -> None:
        """List all collections once; raise Refused."""
        for reflector in self._reflectors:
            reflector.list()

    def run(self, stop: threading.Event) -> None:
        """Start to watch, each collection in a thread, until `stop`."""
        for reflector in self._reflectors:
            threading.Thread(target=reflector.run, args=(stop,), daemon=True).start()

    def is_listed(self) -> bool:
        """Return whether all collections have been listed."""
        return all(reflector.listed.is_set() for reflector in self._reflectors)

    def problem(self) -> str:
        """Return why a collection is not watched, or an empty text."""
        return next((reflector.problem for reflector in self._reflectors if reflector.problem), "")

    def start(self, *, spread: bool, with_annotated: bool) -> None:
        """Queue all listed objects: at once, or spread over their refresh times."""
        self.changes.start(spread=spread)
        if with_annotated:
            self.annotated.start(spread=spread)
        self.reloads.start(spread=spread)

    def _custom(self, kind: str) -> Reflected:
        changes = self.changes
        return Reflected(
            custom(kind),
            partial(changes.all_of, kind),
            partial(changes.changed, kind),
            partial(changes.removed, kind),
        )

    def _own_secrets(self) -> Reflected:
        changes = self.changes
        return Reflected(
            secrets(),
            changes.all_secrets,
            changes.secret_changed,
            changes.secret_removed,
            selector=OURS,
            accept_list=METADATA_LIST,
            accept_each=METADATA,
        )
