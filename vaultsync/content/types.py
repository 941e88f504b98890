"""Types of Secrets: the keys that the API server requires, checked before a Secret is deleted to change its type.

https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
"""

import json
from collections.abc import Mapping

from vaultenv.basics.text import bounded
from vaultkube.sync_resources.destination import Destination
from vaultkube.sync_resources.secrets import TLS
from vaultsync.errors import DataUnusable

_CONFIGURATION, _EARLIER_CONFIGURATION = ".dockerconfigjson", ".dockercfg"
_NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    TLS: (("tls.crt",), ("tls.key",)),
    "kubernetes.io/dockerconfigjson": ((_CONFIGURATION,),),
    "kubernetes.io/dockercfg": ((_EARLIER_CONFIGURATION,),),
    "kubernetes.io/basic-auth": (("username", "password"),),
    "kubernetes.io/ssh-auth": (("ssh-privatekey",),),
}
"""For each type, groups of keys; a Secret needs at least one key of each group."""
_SHOWN = 60


def secret_type(destination: Destination) -> str:
    """Return the type of a Secret that is created."""
    return destination.type or "Opaque"


def check_type(destination: Destination, data: Mapping[str, bytes]) -> None:
    """Raise DataUnusable if a Secret to create lacks a key, or the JSON object, that its type requires."""
    if not destination.create:
        return
    kind = secret_type(destination)
    missing = [" or ".join(names) for names in _NEEDED.get(kind, ()) if not set(names).intersection(data)]
    if missing:
        raise DataUnusable(
            f"a Secret of type {bounded(kind, _SHOWN)} needs the key {' and '.join(missing)}: make it by a template "
            "(destination.transformation), or choose another destination.type"
        )
    for name in (_CONFIGURATION, _EARLIER_CONFIGURATION):
        if (name,) in _NEEDED.get(kind, ()) and not _is_json_object(data[name]):
            raise DataUnusable(
                f"a Secret of type {bounded(kind, _SHOWN)} needs a JSON object in the key {name}: see the value in Vault, "
                "or the template that makes it"
            )


def _is_json_object(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
