"""Construction of the reloads: the collections to watch, the handler of workloads, and the metrics."""

from collections.abc import Mapping
from functools import partial

from vaultsync.cluster.objects import WHOLE_PAGE, Objects
from vaultsync.cluster.reflector import Reflected
from vaultsync.control.queue import Queue
from vaultsync.control.tools import Tools
from vaultsync.control.worker import Handler
from vaultsync.figures import Figure
from vaultsync.reload.logins import Logins
from vaultsync.reload.pace import Pace
from vaultsync.reload.pods import Pods
from vaultsync.reload.reloader import Reloader
from vaultsync.reload.versions import Versions
from vaultsync.reload.watched import Workloads
from vaultsync.reload.workloads import resource_of, trimmed
from vaultsync.settings import Settings

_FRESH_PART = 0.75
"""Part of the interval for which versions are cached: less than the shortest interval, so that each check reads Vault."""


class Reloads:
    """Builds the reloads of one replica, and holds their parts."""

    def __init__(self, settings: Settings, queue: Queue, objects: Objects) -> None:
        self._settings = settings
        self._objects = objects
        self._workloads = Workloads(queue, settings.reload_interval_s)
        self._reloader: Reloader | None = None

    def reflected(self) -> list[Reflected]:
        """Return the collections to watch: all workloads, as no selector can match annotations of pod templates."""
        workloads = self._workloads
        return [
            Reflected(
                resource_of(plural),
                partial(workloads.all_of, plural),
                partial(workloads.changed, plural),
                partial(workloads.removed, plural),
                page_size=WHOLE_PAGE,
                trim=partial(trimmed, plural),
            )
            for plural in self._settings.reloaded
        ]

    def handlers(self, tools: Tools) -> Mapping[str, Handler]:
        """Return the handler of each kind of workload, by its plural."""
        settings = self._settings
        self._reloader = reloader = Reloader(
            self._workloads,
            self._objects,
            Pods(self._objects, settings.reload_sources),
            Logins(tools.sessions, tools.authorities, settings.vault_ca_file),
            Versions(tools.vaults, tools.engines, tools.sessions, _FRESH_PART * settings.reload_interval_s),
            tools.notices,
            Pace(settings.reload_pace),
            settings.reload_interval_s,
        )
        return dict.fromkeys(settings.reloaded, reloader)

    def start(self, *, spread: bool) -> None:
        """Queue every workload: at once, or spread over the interval."""
        self._workloads.start(spread=spread)

    def figures(self) -> list[Figure]:
        """Return the metrics of the reloads."""
        rolled = self._reloader.rolled if self._reloader else 0
        return [
            Figure(
                "vault_webhook_sync_reloaded",
                "workloads whose annotations ask for reloads",
                float(len(self._workloads)),
            ),
            Figure(
                "vault_webhook_sync_rolled_total", "how many times such a workload was rolled", float(rolled)
            ),
        ]
