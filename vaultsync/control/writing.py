"""Writing: the Secret of an object from Vault's answer, in the same way for every kind of secret."""

from typing import NamedTuple

from vaultkube.deadline import Deadline
from vaultkube.errors import Refused
from vaultkube.sync_resources.secrets import SecretSpec
from vaultsync.cluster.store import Entry
from vaultsync.content.data import data_of
from vaultsync.content.mac import mac_of
from vaultsync.content.source import Source
from vaultsync.content.transformation import Merged
from vaultsync.control.tools import Tools
from vaultsync.errors import NotWritten


class Written(NamedTuple):
    """The HMAC of the data of a Secret, and whether the write has changed the data."""

    mac: str
    is_changed: bool


def write_secret(
    tools: Tools,
    entry: Entry,
    spec: SecretSpec,
    source: Source,
    transformation: Merged,
    deadline: Deadline,
    made_from: str = "",
) -> Written:
    """Write the Secret of an object if it differs, and return its HMAC, which covers the fingerprint `made_from`; raise SyncError."""
    data = data_of(spec, source, transformation, annotations=entry.annotations, labels=entry.labels)
    mac = mac_of(data, tools.key, made_from)
    try:
        return Written(mac, tools.destinations.write(entry, spec.destination, data, mac, deadline, made_from))
    except Refused as error:
        raise NotWritten(str(error)) from error
