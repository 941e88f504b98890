"""Construction of the refresh of kept references: the collections to watch, and the Refresher of their objects."""

import logging
from collections.abc import Iterator
from functools import partial

from vaultkube.apiserver.shared_key import find_key
from vaultkube.apiserver.transport import METADATA, METADATA_LIST
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, Refused
from vaultkube.kept.values import KEY_SECRET, LABEL, LABEL_VALUE
from vaultkube.policy.paths import PathPolicy
from vaultsync.cluster.reflector import Reflected
from vaultsync.collections import RefreshedCollection
from vaultsync.content.mac import KEY_BYTES
from vaultsync.control.tools import Tools
from vaultsync.kept.reading import Limits, Reading
from vaultsync.kept.refresh import Refresher
from vaultsync.kept.watched import Watched
from vaultsync.settings import Settings

_log = logging.getLogger(__name__)
_KEY_BUDGET_S = 30.0


def reflected(collections: tuple[RefreshedCollection, ...], watched: Watched) -> Iterator[Reflected]:
    """Yield the collections to watch: only the metadata of objects with the label."""
    for each in collections:
        yield Reflected(
            each.resource,
            partial(watched.all_of, each.name),
            partial(watched.changed, each.name),
            partial(watched.removed, each.name),
            selector=f"{LABEL}={LABEL_VALUE}",
            accept_list=METADATA_LIST,
            accept_each=METADATA,
        )


def new_refresher(settings: Settings, tools: Tools, watched: Watched) -> Refresher | None:
    """Return the Refresher; None, with a warning in the log, if there is no key in the webhook's namespace, or no right to it.

    Raises ClusterUnavailable.
    """
    namespace = settings.webhook_namespace
    try:
        key = find_key(tools.cluster, namespace, KEY_SECRET, KEY_BYTES, Deadline(_KEY_BUDGET_S))
    except ClusterUnavailable:
        raise  # the process is restarted; without the key it would refresh nothing until then
    except Refused as error:
        _log.warning("kept references are not refreshed", extra={"fields": {"reason": str(error)}})
        return None
    limits = Limits(
        PathPolicy(settings.path_patterns), settings.vault_namespace, namespace, settings.vault_ca_file
    )
    reading = Reading(tools.vaults, tools.engines, tools.sessions, tools.authorities, limits)
    collections = {each.name: each for each in settings.refreshed}
    return Refresher(collections, key, watched, reading, tools.objects, tools.notices)
